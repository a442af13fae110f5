import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createIssuer, getFrameworkFolder, requestApi, RESPONSES, writeApi } from './api.mjs'
import {
  allowsCommonJs,
  allowsEsModules,
  compile,
  RESOLUTIONS,
  toDirectoryName,
} from './compiler.mjs'
import {
  ADAPTERS,
  createProject,
  createTemporaryDirectory,
  getFramework,
  getPinnedVersion,
  packAll,
  readJson,
  withVersions,
} from './tarballs.mjs'

let directory
let tarballs
let issuer

before(async () => {
  directory = await createTemporaryDirectory()
  tarballs = await packAll(directory.path)
  issuer = await createIssuer()
})
after(() => directory.remove())

/** Creates the project of a user, with an adapter and its peer dependencies. */
async function createConsumer(name, framework, peers) {
  const types = await withVersions('@types/node')
  const packages = [tarballs.core, tarballs[framework], ...peers, ...types]
  const project = await createProject(join(directory.path, name), ...packages)
  await cp(fileURLToPath(new URL('types', import.meta.url)), project, { recursive: true })
  await cp(join(getFrameworkFolder(framework), 'types.test-d.ts'), join(project, 'types.test-d.ts'))
  await writeApi(project, framework)
  return project
}

/** Projects by adapter. Peer dependencies have the versions of the workspace, or the oldest supported versions. */
const CONSUMERS = []
for (const framework of ADAPTERS) {
  const { peerDependencies } = await readJson('packages', framework, 'package.json')
  const newest = []
  const oldest = []
  for (const [peer, range] of Object.entries(peerDependencies)) {
    newest.push(`${peer}@${await getPinnedVersion(peer)}`)
    oldest.push(`${peer}@${/\d+\.\d+\.\d+/.exec(range)[0]}`)
  }
  for (const peers of [newest, oldest]) {
    const module = await getFramework(framework)
    const name = peers.find((peer) => peer.startsWith(`${module}@`)).replace(/@(?=\d)/, ' ')
    CONSUMERS.push({ name, framework, peers, isNewest: peers === newest })
  }
}

/**
 * Returns whether a project is compiled with TypeScript 5, which takes several seconds. Express is compiled with every
 * setting, and the other adapters only with `moduleResolution: node`, which TypeScript 7 does not support. Projects with
 * the oldest peer dependencies are not compiled with TypeScript 5.
 */
const usesTypeScript5 = (framework, isNewest, { moduleResolution }) =>
  isNewest && (framework === 'express' || moduleResolution === 'node')

for (const { name, framework, peers, isNewest } of CONSUMERS) {
  describe(name, () => {
    const types = ['core.test-d.ts', 'core-subpaths.test-d.ts', 'types.test-d.ts']
    let project
    before(async () => {
      project = await createConsumer(name, framework, peers)
    })

    for (const [resolution, options] of Object.entries(RESOLUTIONS)) {
      if (options.typescript === 5 && !usesTypeScript5(framework, isNewest, options)) continue
      const outDir = toDirectoryName(resolution)
      const programs = {
        ...(allowsCommonJs(options) && { 'serve.cts': 'serve.cjs' }),
        ...(allowsEsModules(options) && { 'serve.ts': 'serve.js' }),
      }
      const names = Object.values(programs).join(' and ')
      test(`${name}: an API in TypeScript compiles to ${names}, and grants and refuses requests (${resolution})`, async () => {
        const files = [...Object.keys(programs), ...types]
        assert.equal(await compile(project, files, { ...options, types: ['node'], outDir }), '')
        for (const program of Object.values(programs)) {
          assert.deepEqual(await requestApi(issuer, project, `${outDir}/${program}`), RESPONSES)
        }
      })
    }
  })
}
