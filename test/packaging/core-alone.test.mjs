import assert from 'node:assert/strict'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compile, RESOLUTIONS } from './compiler.mjs'
import { createProject, createTemporaryDirectory, evaluate, packAll } from './tarballs.mjs'

const TYPES = ['core.test-d.ts', 'core-subpaths.test-d.ts']

let directory
let project

before(async () => {
  directory = await createTemporaryDirectory()
  const tarballs = await packAll(directory.path)
  project = await createProject(join(directory.path, 'core-alone'), tarballs.core)
  for (const file of TYPES) {
    await cp(fileURLToPath(new URL(`types/${file}`, import.meta.url)), join(project, file))
  }
})
after(() => directory.remove())

test('core: authorize refuses a request without credentials if no framework is installed', async () => {
  const program = `import { createResourceServer } from '@bearward/core'
    const options = { issuer: 'https://as.example.com', audience: 'https://api.example.com' }
    const server = createResourceServer(options)
    const { status, reason } = server.authorize({ method: 'GET', url: '/', headers: {} })
    process.stdout.write(status + ' ' + reason)`
  assert.equal(await evaluate(project, program), '401 no_credentials')
})

for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
  test(`core: types compile without the types of Node and of a framework (${name})`, async () => {
    const options = { ...resolution, lib: ['ES2022', 'DOM'], types: [], noEmit: true }
    assert.equal(await compile(project, TYPES, options), '')
  })
}

test('core: types need only one global that is not part of ECMAScript, AbortSignal', async () => {
  await writeFile(join(project, 'bare.ts'), "export * from '@bearward/core'\n")
  const options = { module: 'nodenext', lib: ['ES2022'], types: [], noEmit: true }
  const errors = (await compile(project, ['bare.ts'], options)).match(/error .*/g)
  const missing = errors.map((error) => /Cannot find name '(\w+)'/.exec(error)?.[1] ?? error)
  assert.deepEqual(new Set(missing), new Set(['AbortSignal']))
})

/** Values of `module` in TypeScript 5, with the errors in a CommonJS file that imports an ES module. */
const COMMONJS_MODULES = { node16: ['TS1479'], node20: [] }

for (const [module, expected] of Object.entries(COMMONJS_MODULES)) {
  const result = expected.length === 0 ? 'allows' : 'does not allow'
  test(`core: TypeScript 5 with module ${module} ${result} a CommonJS file to import core`, async () => {
    await writeFile(join(project, 'bare.cts'), "export * from '@bearward/core'\n")
    const options = { typescript: 5, module, lib: ['ES2022', 'DOM'], types: [], noEmit: true }
    const errors = (await compile(project, ['bare.cts'], options)).match(/TS\d+/g) ?? []
    assert.deepEqual(errors, expected)
  })
}
