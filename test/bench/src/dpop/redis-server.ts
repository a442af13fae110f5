import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

const PROGRAM = 'redis-server'

export interface RunningRedis {
  readonly url: string
  close(): Promise<void>
}

/** Throws if the program is missing. */
export function requireRedisServer(program = PROGRAM): void {
  if (spawnSync(program, ['--version']).status === 0) return
  throw new Error(
    `${program} is missing: run node test/support/install-servers.mjs, or install Redis 7.0 or later`,
  )
}

/** Starts a server without persistence on the loopback address. Resolves when it accepts connections. */
export async function startRedis(): Promise<RunningRedis> {
  requireRedisServer()
  const port = await getFreePort()
  const own = ['--port', String(port), '--bind', '127.0.0.1']
  const server = spawn(PROGRAM, [...own, '--save', '', '--appendonly', 'no'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = () => server.kill('SIGKILL')
  process.once('exit', kill)
  let output = ''
  await new Promise<void>((resolve, reject) => {
    server.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('Ready to accept connections')) resolve()
    })
    server.once('error', reject)
    server.once('exit', (code) =>
      reject(new Error(`${PROGRAM} has ended with ${code}:\n${output}`)),
    )
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    async close() {
      process.off('exit', kill)
      if (server.exitCode !== null || server.signalCode !== null) return
      const exited = once(server, 'exit')
      kill()
      await exited
    },
  }
}

async function getFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
