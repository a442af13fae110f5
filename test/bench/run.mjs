/**
 * Runs the benchmark with each version of Node in `CURRENT_NODES`, and installs missing versions.
 * Arguments: the names of the parts. By default, all parts run.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CURRENT_NODES, getProgram } from '../runtimes/runtimes.mjs'

const MAIN = fileURLToPath(new URL('dist/main.js', import.meta.url))
const args = process.argv.slice(2)
// The results of all versions get the same start time, because they belong to one run.
const env = { ...process.env, BENCH_STARTED_AT: new Date().toISOString() }

const programs = []
for (const runtime of args.includes('page') ? [] : CURRENT_NODES) {
  programs.push(await getProgram(runtime))
}
for (const program of programs.length > 0 ? programs : [process.execPath]) {
  const { status } = spawnSync(program, [MAIN, ...args], { env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
