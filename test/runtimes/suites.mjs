import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, run } from '../packaging/tarballs.mjs'
import { countTests } from './report.mjs'
import { getProgram, RUNTIMES } from './runtimes.mjs'

const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
const CONFIGURATION = 'test/runtimes/vitest.config.ts'

/** Files that run the contract and the attacks, by the beginning of the name of their runtime. */
const SUITES = { 'Bun ': 'bun.suite.ts', 'Deno ': 'deno.suite.ts' }

/** Runs the contract and the attacks on Bun and Deno. Returns the results. */
export async function runSuites(report, print) {
  const results = []
  for (const [prefix, file] of Object.entries(SUITES)) {
    const runtime = RUNTIMES.find(({ name }) => name.startsWith(prefix))
    const where = `${runtime.name.padEnd(15)} contract`
    print(`${where} ...`)
    results.push({ where, ...(await runSuite(runtime, file, report, print)) })
  }
  return results
}

/** Runs a file with vitest, in Node. It sends requests to servers in the runtime. The output is printed only if a test fails. */
async function runSuite(runtime, file, report, print) {
  try {
    await getProgram(runtime)
  } catch (error) {
    print(`\n${runtime.name} IS NOT TESTED, because it cannot be installed:\n${error.message}\n`)
    return { ran: 0, passed: 0, hasFailed: true }
  }
  await rm(report, { force: true })
  const reporters = ['--reporter=default', '--reporter=junit', `--outputFile.junit=${report}`]
  const args = [VITEST, 'run', '--config', CONFIGURATION, ...reporters, file]
  const env = { ...process.env, NO_COLOR: '1' }
  const { failed, output } = await run(process.execPath, args, { cwd: ROOT, env })
  const counts = await countTests(report)
  const hasFailed = failed || counts.passed < counts.ran
  if (hasFailed) print(output)
  return { ...counts, hasFailed }
}
