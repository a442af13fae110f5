import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { getProgram, NODES } from '../runtimes/runtimes.mjs'
import {
  ADAPTERS,
  createProject,
  createTemporaryDirectory,
  PACKAGES,
  packAll,
  readJson,
  run,
} from './tarballs.mjs'

/** Entry points of all packages, such as `@bearward/core` and `@bearward/core/adapter`. */
const ENTRIES = []
for (const name of PACKAGES) {
  const { exports } = await readJson('packages', name, 'package.json')
  const paths = Object.keys(exports).filter((path) => path !== './package.json')
  ENTRIES.push(...paths.map((path) => `@bearward/${name}${path.slice(1)}`))
}

/**
 * Program that compares the results of `import` and `require`. For each entry point, it prints the names of the exports that
 * differ. It also prints whether an error of a required package is an instance of the imported class.
 */
const COMPARISON = `
  const result = {}
  for (const entry of entries) {
    const names = new Set([...Object.keys(imported[entry]), ...Object.keys(required[entry])])
    const differs = (name) => imported[entry][name] !== required[entry][name]
    result[entry] = [...names].filter(differs)
  }
  const catchError = (call) => {
    try {
      call()
    } catch (error) {
      return error
    }
  }
  const { ConfigurationError } = imported['@bearward/core']
  const factories = [
    required['@bearward/core'].createResourceServer,
    required['@bearward/client'].clientCredentials,
    required['@bearward/redis'].redisReplay,
    ...adapters.map((name) => required['@bearward/' + name].createBearward),
  ]
  for (const entry of entries) if (entry.startsWith('@bearward/mcp')) factories.push(required[entry].createMcpGuard)
  const isSame = (make) => catchError(() => make({}, {})) instanceof ConfigurationError
  result.manifest = require('@bearward/core/package.json').name
  result.sameClass = factories.every(isSame)
  process.stdout.write(JSON.stringify(result))`

const PROGRAMS = {
  'import-first.mjs': `import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    const entries = ${JSON.stringify(ENTRIES)}
    const adapters = ${JSON.stringify(ADAPTERS)}
    const imported = {}
    for (const entry of entries) imported[entry] = await import(entry)
    const required = Object.fromEntries(entries.map((entry) => [entry, require(entry)]))
    ${COMPARISON}`,
  'require-first.cjs': `const entries = ${JSON.stringify(ENTRIES)}
    const adapters = ${JSON.stringify(ADAPTERS)}
    const required = Object.fromEntries(entries.map((entry) => [entry, require(entry)]))
    async function main() {
      const imported = {}
      for (const entry of entries) imported[entry] = await import(entry)
      ${COMPARISON}
    }
    main()`,
}

let directory
let project

before(async () => {
  directory = await createTemporaryDirectory()
  const tarballs = Object.values(await packAll(directory.path))
  project = await createProject(join(directory.path, 'loading'), ...tarballs)
  for (const [name, program] of Object.entries(PROGRAMS)) {
    await writeFile(join(project, name), program)
  }
})
after(() => directory.remove())

for (const node of NODES) {
  for (const name of Object.keys(PROGRAMS)) {
    test(`${node.name}: import and require return the same exports of every entry point (${name})`, async () => {
      // Node 22.12 prints a warning for each `require` of an ES module by a file outside `node_modules`.
      const args = ['--disable-warning=ExperimentalWarning', join(project, name)]
      const { output } = await run(await getProgram(node), args, { cwd: project })
      const expected = {
        ...Object.fromEntries(ENTRIES.map((entry) => [entry, []])),
        manifest: '@bearward/core',
        sameClass: true,
      }
      assert.equal(output, JSON.stringify(expected))
    })
  }
}
