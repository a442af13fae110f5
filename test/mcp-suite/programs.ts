import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Milliseconds after which a program is ended. A run takes less than ten seconds. */
const LIMIT = 120_000

const toPath = (program: string) =>
  fileURLToPath(new URL(`node_modules/@modelcontextprotocol/${program}`, import.meta.url))

/** The programs of this folder. */
export const PROGRAMS = {
  conformance: toPath('conformance/dist/index.js'),
  inspector: toPath('inspector/clients/launcher/build/index.js'),
}

/** The result of a program that has exited. */
export interface ProgramResult {
  /** `null`: the program was ended by a signal. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program with the version of Node that it needs. Ends it after two minutes.
 *
 * @param onStderr Called with everything that the program has written to `stderr` so far, and with the program.
 */
export function runProgram(
  program: keyof typeof PROGRAMS,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onStderr: (stderr: string, child: ChildProcessWithoutNullStreams) => void = () => {},
): Promise<ProgramResult> {
  const node = process.env['MCP_SUITE_NODE']
  if (node === undefined) throw new Error('Run this test with `npm run test:mcp-suite`.')
  return new Promise((resolve, reject) => {
    const child = spawn(node, [PROGRAMS[program], ...args], {
      stdio: 'pipe',
      timeout: LIMIT,
      killSignal: 'SIGKILL',
      env: { NO_COLOR: '1', ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
      onStderr(stderr, child)
    })
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}
