import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ANSWERS, ask, createIssuer, folderOf, writeApi } from './api.mjs'
import { allowsCommonJs, allowsEsModules, compile, directoryOf, RESOLUTIONS } from './compiler.mjs'
import {
  ADAPTERS,
  createProject,
  frameworkOf,
  packAll,
  pinned,
  readJson,
  temporaryDirectory,
  withVersions,
} from './tarballs.mjs'

let directory
let tarballs
let issuer

before(async () => {
  directory = await temporaryDirectory()
  tarballs = await packAll(directory.path)
  issuer = await createIssuer()
})
after(() => directory.remove())

/** A project of somebody else, with an adapter and what stands beside it. */
async function createConsumer(name, framework, peers) {
  const types = await withVersions('@types/node')
  const packages = [tarballs.core, tarballs[framework], ...peers, ...types]
  const project = await createProject(join(directory.path, name), ...packages)
  await cp(fileURLToPath(new URL('types', import.meta.url)), project, { recursive: true })
  await cp(join(folderOf(framework), 'types.test-d.ts'), join(project, 'types.test-d.ts'))
  await writeApi(project, framework)
  return project
}

/** What stands beside an adapter: as the workspace has it, and the oldest that the adapter allows. */
const CONSUMERS = []
for (const framework of ADAPTERS) {
  const { peerDependencies } = await readJson('packages', framework, 'package.json')
  const newest = []
  const oldest = []
  for (const [peer, range] of Object.entries(peerDependencies)) {
    newest.push(`${peer}@${await pinned(peer)}`)
    oldest.push(`${peer}@${/\d+\.\d+\.\d+/.exec(range)[0]}`)
  }
  for (const peers of [newest, oldest]) {
    const module = await frameworkOf(framework)
    const name = peers.find((peer) => peer.startsWith(`${module}@`)).replace(/@(?=\d)/, ' ')
    CONSUMERS.push({ name, framework, peers, isNewest: peers === newest })
  }
}

/**
 * TypeScript 5 takes several seconds each time. Express is compiled in every way, and all others only in the way that
 * TypeScript 7 does not have.
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
      const outDir = directoryOf(resolution)
      const programs = {
        ...(allowsCommonJs(options) && { 'serve.cts': 'serve.cjs' }),
        ...(allowsEsModules(options) && { 'serve.ts': 'serve.js' }),
      }
      const names = Object.values(programs).join(' and ')
      test(`${name}: an API in TypeScript, compiled to ${names} (${resolution})`, async () => {
        const files = [...Object.keys(programs), ...types]
        assert.equal(await compile(project, files, { ...options, types: ['node'], outDir }), '')
        for (const program of Object.values(programs)) {
          assert.deepEqual(await ask(issuer, project, `${outDir}/${program}`), ANSWERS)
        }
      })
    }
  })
}
