import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunningApi } from '@bearward/example-shared'

const FOLDER = fileURLToPath(new URL('..', import.meta.url))
const PERMISSIONS = ['--allow-net', '--allow-env=ISSUER,PORT']

/** Starts `server.ts` with the Deno executable `program`. Rejects with the code `ENOENT` if there is no such executable. */
export async function startDeno(
  program: string,
  issuer: string,
  port: number,
): Promise<RunningApi> {
  const child = spawn(program, ['run', ...PERMISSIONS, 'src/server.ts'], {
    cwd: FOLDER,
    env: { ...process.env, ISSUER: issuer, PORT: String(port), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = await readUrl(child)
  return {
    url,
    async close() {
      child.kill()
    },
  }
}

/** Returns the address that `server.ts` prints when it listens. */
function readUrl(child: ChildProcess): Promise<string> {
  let output = ''
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
        if (url !== undefined) resolve(url)
      })
    child.once('error', reject)
    child.once('close', () => {
      const code = output.includes('AddrInUse') ? 'EADDRINUSE' : 'DENO_FAILED'
      reject(Object.assign(new Error(`Deno did not start:\n${output}`), { code }))
    })
  })
}
