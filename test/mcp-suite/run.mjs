/**
 * Runs the official conformance suite and the Inspector of the Model Context Protocol through the guard. Both programs need a
 * newer version of Node than the repository. This version is installed if it is missing.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../packaging/tarballs.mjs'
import { getProgram, RUNTIMES } from '../runtimes/runtimes.mjs'

/** Milliseconds after which the tests are ended. They take about a minute. */
const LIMIT = 600_000

const print = (line) => process.stdout.write(`${line}\n`)

/** Returns the path of the executable of Node 24. The suite and the Inspector require Node 22.19 or later. */
async function getNode() {
  const node = RUNTIMES.find(({ name }) => name.startsWith('Node 24.'))
  try {
    return await getProgram(node)
  } catch (error) {
    print(`${node.name} cannot be installed:\n${error.message}`)
    return undefined
  }
}

/** Runs the tests with vitest, which prints the number of passed and failed tests. Resolves with the exit code. */
function runTests(node) {
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
  const args = [vitest, 'run', '--config', 'test/mcp-suite/vitest.config.ts']
  const env = { ...process.env, MCP_SUITE_NODE: node }
  const bounds = { timeout: LIMIT, killSignal: 'SIGKILL' }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit', ...bounds })
    child.once('error', reject).once('close', (code) => resolve(code ?? 1))
  })
}

const isInstalled = existsSync(new URL('node_modules/@modelcontextprotocol', import.meta.url))
if (!isInstalled) print('The programs are not installed. Run: npm run test:mcp-suite')
const node = isInstalled ? await getNode() : undefined
if (node === undefined) print('\n0 passed, 1 failed')
process.exitCode = node === undefined ? 1 : await runTests(node)
