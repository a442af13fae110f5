/**
 * Runs the smoke tests with every runtime, twice: with the packages of the workspace, and with their tarballs in a
 * separate project.
 */
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
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
import { getProgram, RUNTIMES } from './runtimes.mjs'

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
  const tests = (await readFile(report, 'utf8').catch(() => '')).split('<testcase').slice(1)
  const passed = tests.filter((test) => !/<(?:failure|error|skipped)\b/.test(test)).length
  const hasFailed = failed || passed < tests.length
  if (hasFailed) print(output)
  return { ran: tests.length, passed, hasFailed }
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
    results.push({ where, ...(await runSmokeTests(runtime, program, directory, report)) })
  }
  return results
}

const temporary = await createTemporaryDirectory()
const results = []
try {
  const installed = await createConsumer(temporary.path)
  const places = { workspace: fileURLToPath(new URL('.', import.meta.url)), installed }
  const applications = await compileApplications(join(temporary.path, 'compiled'))
  for (const place of Object.values(places)) {
    await rm(join(place, APPLICATIONS), { recursive: true, force: true })
    await cp(applications, join(place, APPLICATIONS), { recursive: true })
  }
  for (const runtime of RUNTIMES) {
    results.push(...(await testRuntime(runtime, places, join(temporary.path, 'report.xml'))))
  }
} finally {
  await temporary.remove()
}

// All runtimes must run the same tests, so a test that a runtime omits counts as failed.
const expected = Math.max(...results.map(({ ran }) => ran))
const countFailures = ({ passed, hasFailed }) => Math.max(expected - passed, hasFailed ? 1 : 0)
for (const result of results) {
  print(`${result.where.padEnd(27)} ${result.passed} passed, ${countFailures(result)} failed`)
}
const passed = results.reduce((sum, result) => sum + result.passed, 0)
const failed = results.reduce((sum, result) => sum + countFailures(result), 0)
print(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
