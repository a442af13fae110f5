/**
 * Runs the smoke tests with every runtime, twice: with the packages of the workspace, and with their tarballs in a
 * separate project. Then runs the contract and the attacks on Bun and Deno.
 */
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getFrameworkFolder } from '../packaging/api.mjs'
import { compile } from '../packaging/compiler.mjs'
import {
  ADAPTERS,
  createProject,
  createTemporaryDirectory,
  getFramework,
  getPinnedVersion,
  packAll,
  run,
} from '../packaging/tarballs.mjs'
import { addFailures, countTests } from './report.mjs'
import { runDenoExample } from './deno-example.mjs'
import { getProgram, RUNTIMES } from './runtimes.mjs'
import { runSuites } from './suites.mjs'

const SMOKE = 'smoke.test.mjs'
const APPLICATIONS = 'applications'
const print = (line) => process.stdout.write(`${line}\n`)

/** Compiles the API of each adapter to `applications/<adapter>.mjs` in a directory. */
async function compileApplications(directory) {
  await mkdir(directory)
  const files = ADAPTERS.map((adapter) => `${adapter}.mts`)
  for (const adapter of ADAPTERS) {
    await cp(join(getFrameworkFolder(adapter), 'application.ts'), join(directory, `${adapter}.mts`))
  }
  // The packaging tests check the types.
  const options = { module: 'nodenext', noCheck: true, outDir: APPLICATIONS, rootDir: '.' }
  const output = await compile(directory, files, options)
  if (output !== '') throw new Error(output)
  return join(directory, APPLICATIONS)
}

/** Creates a project with the tarballs, the frameworks and the smoke tests. */
async function createConsumer(directory) {
  const tarballs = Object.values(await packAll(directory))
  const names = [...(await Promise.all(ADAPTERS.map(getFramework))), 'jose']
  const others = await Promise.all(
    names.map(async (name) => `${name}@${await getPinnedVersion(name)}`),
  )
  const project = await createProject(join(directory, 'project'), ...tarballs, ...others)
  await cp(fileURLToPath(new URL(SMOKE, import.meta.url)), join(project, SMOKE))
  return project
}

/** Runs the tests in a directory. Their output is printed only if a test fails. */
async function runSmokeTests(runtime, program, directory, report) {
  await rm(report, { force: true })
  const env = { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', NODE_OPTIONS: '' }
  const args = runtime.test(`./${SMOKE}`, report)
  const { failed, output } = await run(program, args, { cwd: directory, env })
  const counts = await countTests(report)
  const hasFailed = failed || counts.passed < counts.ran
  if (hasFailed) print(output)
  return { ...counts, hasFailed }
}

/** Runs the smoke tests with a runtime in each place. Returns the results. */
async function testRuntime(runtime, places, report) {
  let program
  try {
    program = await getProgram(runtime)
  } catch (error) {
    print(`\n${runtime.name} IS NOT TESTED, because it cannot be installed:\n${error.message}\n`)
    return [{ where: `${runtime.name} not installed`, ran: 0, passed: 0, hasFailed: true }]
  }
  const results = []
  for (const [place, directory] of Object.entries(places)) {
    const where = `${runtime.name.padEnd(15)} ${place}`
    print(`${where} ...`)
    results.push({ where, ...(await runSmokeTests(runtime, program, directory, report)) })
  }
  return results
}

/** Runs the example for Deno. Returns its result, as one test. */
async function testDenoExample() {
  const deno = RUNTIMES.find(({ name }) => name.startsWith('Deno'))
  const where = `${deno.name.padEnd(15)} example`
  try {
    await runDenoExample(await getProgram(deno))
    return { where, passed: 1, failed: 0 }
  } catch (error) {
    print(`\n${where}: ${error.message}\n`)
    return { where, passed: 0, failed: 1 }
  }
}

const temporary = await createTemporaryDirectory()
const smoke = []
const suites = []
const examples = []
try {
  const installed = await createConsumer(temporary.path)
  const places = { workspace: fileURLToPath(new URL('.', import.meta.url)), installed }
  const applications = await compileApplications(join(temporary.path, 'compiled'))
  for (const place of Object.values(places)) {
    await rm(join(place, APPLICATIONS), { recursive: true, force: true })
    await cp(applications, join(place, APPLICATIONS), { recursive: true })
  }
  for (const runtime of RUNTIMES) {
    smoke.push(...(await testRuntime(runtime, places, join(temporary.path, 'report.xml'))))
  }
  suites.push(...(await runSuites(join(temporary.path, 'report.xml'), print)))
  examples.push(await testDenoExample())
} finally {
  await temporary.remove()
}

const results = [...addFailures(smoke), ...addFailures(suites), ...examples]
for (const { where, passed, failed } of results) {
  print(`${where.padEnd(27)} ${passed} passed, ${failed} failed`)
}
const passed = results.reduce((sum, result) => sum + result.passed, 0)
const failed = results.reduce((sum, result) => sum + result.failed, 0)
print(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
