import assert from 'node:assert/strict'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { getProgram, NODES } from '../runtimes/runtimes.mjs'
import {
  createProject,
  createTemporaryDirectory,
  getPinnedVersion,
  packAll,
  ROOT,
  run,
  withVersions,
} from './tarballs.mjs'

const INSTALLED = [
  '@babel/plugin-transform-modules-commonjs',
  '@types/express',
  '@types/node',
  'express',
  'jest',
  'jose',
  'ts-jest',
]

const COMMON = { target: 'es2022', strict: true, esModuleInterop: true, types: ['node'] }

let directory
let project

before(async () => {
  directory = await createTemporaryDirectory()
  const { core, client, express } = await packAll(directory.path)
  const typescript = (await getPinnedVersion('typescript5')).replace(/^npm:/, '')
  const others = [typescript, ...(await withVersions(...INSTALLED))]
  project = await createProject(join(directory.path, 'jest'), core, client, express, ...others)
  // The project is in CommonJS mode. Its tests are in the folder where Jest searches for them.
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'))
  const commonJs = { ...manifest, type: 'commonjs' }
  await writeFile(join(project, 'package.json'), JSON.stringify(commonJs))
  const source = fileURLToPath(new URL('jest', import.meta.url))
  await cp(source, join(project, '__tests__'), { recursive: true })
  await cp(join(source, 'scenario.cjs'), join(project, 'scenario.cjs'))
})
after(() => directory.remove())

/** Reads the configuration under a heading of the recipe. */
async function readRecipe(heading) {
  const page = await readFile(join(ROOT, 'docs/recipes/jest-and-commonjs.md'), 'utf8')
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))
  return JSON.parse(/^```json\n([^]*?)^```$/m.exec(section)[1])
}

/** Runs Jest on files of `__tests__`. Returns the titles of the tests, or the output if a test fails. */
async function runJest(node, config, files, options = '') {
  // The cache is inside the project, so it is removed with the project.
  const all = { cacheDirectory: '<rootDir>/.cache', testTimeout: 60_000, ...config }
  await writeFile(join(project, 'jest.config.json'), JSON.stringify(all))
  const jest = ['node_modules/jest/bin/jest.js', '--runInBand', '--json']
  const args = [...jest, ...files.map((file) => `/__tests__/${file.replace('.', '\\.')}$`)]
  const env = { ...process.env, NODE_OPTIONS: options }
  const { stdout, output } = await run(await getProgram(node), args, { cwd: project, env })
  // The report is on standard output. All other output is on standard error.
  const { success, testResults } = stdout.startsWith('{') ? JSON.parse(stdout) : {}
  if (!success) return output.slice(stdout.length)
  return testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title }) => title))
}

/** Writes the `tsconfig.json` of the project: the common options and these. */
async function writeTsConfig(options) {
  const compilerOptions = { ...COMMON, ...options }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
}

/** Titles of the tests in `jest/`. */
const REQUIRE = 'required packages grant and refuse requests, and get a token'
const IMPORT = 'imported packages grant and refuse requests, and get a token'
const TYPESCRIPT = 'packages in TypeScript grant and refuse requests, and get a token'

/** The version of Node that runs this file. */
const HERE = NODES.find((node) => node.package === undefined)

test('Jest in CommonJS mode loads the packages with the configuration of the recipe', async () => {
  assert.deepEqual(await runJest(HERE, await readRecipe('Jest'), ['commonjs.js']), [REQUIRE])
})

test('ts-jest with module nodenext loads the packages with the configuration of the recipe', async () => {
  await writeTsConfig({ module: 'nodenext', isolatedModules: true })
  const config = await readRecipe('ts-jest')
  assert.deepEqual(await runJest(HERE, config, ['typescript.ts']), [TYPESCRIPT])
})

for (const node of NODES.filter((each) => each !== HERE)) {
  test(`${node.name}: Jest and ts-jest load the packages with the configuration of the recipe`, async () => {
    await writeTsConfig({ module: 'commonjs', moduleResolution: 'node' })
    const config = await readRecipe('ts-jest')
    const titles = await runJest(node, config, ['commonjs.js', 'typescript.ts'])
    assert.deepEqual(new Set([titles].flat()), new Set([REQUIRE, TYPESCRIPT]))
  })

  const isNew = Number(node.name.match(/\d+/)[0]) >= 24
  const what = isNew ? 'ES modules and CommonJS' : 'ES modules'
  test(`${node.name}: Jest loads the packages with --experimental-vm-modules (${what})`, async () => {
    const files = isNew ? ['module.mjs', 'commonjs.js'] : ['module.mjs']
    const titles = await runJest(node, {}, files, '--experimental-vm-modules')
    assert.deepEqual(new Set([titles].flat()), new Set(isNew ? [IMPORT, REQUIRE] : [IMPORT]))
  })
}
