import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The servers that the tests start. `install-servers.mjs` installs them. */
export const SERVERS = ['redis-server', 'valkey-server'] as const
export type ServerName = (typeof SERVERS)[number]

/** A server without persistence on the loopback address. */
export interface RedisServer {
  readonly name: ServerName
  readonly port: number
  readonly url: string
  /** Sends a command over a connection of its own. Returns the reply in the form of the protocol, without its end. */
  command(...args: readonly string[]): Promise<string>
  /** Sends a signal: `SIGSTOP`, `SIGCONT` or `SIGKILL`. */
  signal(name: NodeJS.Signals): void
  /** Ends the process, and starts a new one on the same port. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Options of a server. */
export interface RedisServerOptions {
  readonly name?: ServerName
  /** Arguments in addition to the usual ones, such as `--maxmemory 2mb`. */
  readonly args?: readonly string[]
  /** `sentinel` starts a sentinel, which reads `config`. */
  readonly config?: string
}

/** Starts a server in a temporary directory, on a port that is free. Resolves when it replies. */
export async function startRedisServer({
  name = 'redis-server',
  args = [],
}: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'bearward-redis-'))
  const port = await getFreePort()
  let child = await start()

  async function start(): Promise<ChildProcess> {
    const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
    const memoryOnly = ['--save', '', '--appendonly', 'no', '--repl-diskless-sync-delay', '0']
    const started = spawn(name, [...fixed, ...memoryOnly, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output: string[] = []
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => output.push(text))
    const failed = new Promise<never>((_, reject) => {
      started.once('error', () =>
        reject(new Error(`${name} is missing: run node test/support/install-servers.mjs`)),
      )
      started.once('exit', (code) =>
        reject(new Error(`${name} has ended with ${code}:\n${output.join('')}`)),
      )
    })
    failed.catch(() => {})
    await Promise.race([failed, untilReply(port)])
    return started
  }

  async function end(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  return {
    name,
    port,
    url: `redis://127.0.0.1:${port}`,
    command: (...command) => sendCommand(port, command),
    signal: (signal) => void child.kill(signal),
    async restart() {
      await end()
      child = await start()
    },
    async close() {
      await end()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Returns a port that no server uses. In a cluster, a server also uses the port that is 10000 higher. */
async function getFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port < 55_000 ? port : getFreePort()
}

async function untilReply(port: number): Promise<void> {
  for (;;) {
    try {
      const reply = await sendCommand(port, ['PING'])
      // A server with a password replies with NOAUTH.
      if (/^(?:\+PONG|-NOAUTH)/.test(reply)) return
    } catch {
      // The server does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Sends one command over a new connection, and returns its reply in the form of the protocol. */
export async function sendCommand(port: number, args: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  // After `QUIT`, the server closes the connection, so the reply is complete.
  const parts = [args, ['QUIT']].map(
    (each) =>
      `*${each.length}\r\n${each.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`,
  )
  socket.write(parts.join(''))
  let text = ''
  for await (const chunk of socket) text += (chunk as Buffer).toString('latin1')
  return text.replace(/\+OK\r\n$/, '').trimEnd()
}
