/**
 * Runs the smoke tests under every runtime, twice: on the packages of the workspace, and on their tarballs in a project
 * of its own.
 */
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folderOf } from '../packaging/api.mjs'
import { compile } from '../packaging/compiler.mjs'
import {
  ADAPTERS,
  createProject,
  frameworkOf,
  packAll,
  pinned,
  run,
  temporaryDirectory,
} from '../packaging/tarballs.mjs'
import { programOf, RUNTIMES } from './runtimes.mjs'

const SMOKE = 'smoke.test.mjs'
const APPLICATIONS = 'applications'
const say = (line) => process.stdout.write(`${line}\n`)

/** Compiles the API of each adapter to `applications/<adapter>.mjs` in a directory. */
async function compileApplications(directory) {
  await mkdir(directory)
  const files = ADAPTERS.map((adapter) => `${adapter}.mts`)
  for (const adapter of ADAPTERS) {
    await cp(join(folderOf(adapter), 'application.ts'), join(directory, `${adapter}.mts`))
  }
  // The packaging checks look at the types.
  const options = { module: 'nodenext', noCheck: true, outDir: APPLICATIONS, rootDir: '.' }
  const output = await compile(directory, files, options)
  if (output !== '') throw new Error(output)
  return join(directory, APPLICATIONS)
}

async function createConsumer(directory) {
  const tarballs = Object.values(await packAll(directory))
  const names = [...(await Promise.all(ADAPTERS.map(frameworkOf))), 'jose']
  const others = await Promise.all(names.map(async (name) => `${name}@${await pinned(name)}`))
  const project = await createProject(join(directory, 'project'), ...tarballs, ...others)
  await cp(fileURLToPath(new URL(SMOKE, import.meta.url)), join(project, SMOKE))
  return project
}

/** Runs the tests in a directory. What they print is only shown where something is wrong. */
async function smoke(runtime, program, directory, report) {
  await rm(report, { force: true })
  const env = { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', NODE_OPTIONS: '' }
  const args = runtime.test(`./${SMOKE}`, report)
  const { failed, output } = await run(program, args, { cwd: directory, env })
  const tests = (await readFile(report, 'utf8').catch(() => '')).split('<testcase').slice(1)
  const passed = tests.filter((test) => !/<(?:failure|error|skipped)\b/.test(test)).length
  const broken = failed || passed < tests.length
  if (broken) say(output)
  return { ran: tests.length, passed, broken }
}

async function smokeEverywhere(runtime, places, report) {
  let program
  try {
    program = await programOf(runtime)
  } catch (error) {
    say(`\n${runtime.name} IS NOT TESTED, because it cannot be installed here:\n${error.message}\n`)
    return [{ where: `${runtime.name} not installed`, ran: 0, passed: 0, broken: true }]
  }
  const results = []
  for (const [place, directory] of Object.entries(places)) {
    const where = `${runtime.name.padEnd(15)} ${place}`
    results.push({ where, ...(await smoke(runtime, program, directory, report)) })
  }
  return results
}

const temporary = await temporaryDirectory()
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
    results.push(...(await smokeEverywhere(runtime, places, join(temporary.path, 'report.xml'))))
  }
} finally {
  await temporary.remove()
}

// A test that some runtime runs and another leaves out counts as failed there.
const most = Math.max(...results.map(({ ran }) => ran))
const failures = ({ passed, broken }) => Math.max(most - passed, broken ? 1 : 0)
for (const result of results) {
  say(`${result.where.padEnd(27)} ${result.passed} passed, ${failures(result)} failed`)
}
const passed = results.reduce((sum, result) => sum + result.passed, 0)
const failed = results.reduce((sum, result) => sum + failures(result), 0)
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
