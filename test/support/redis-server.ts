import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
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
  /** Sends a command over a new connection. Returns the reply in the form of the protocol, and throws for an error. */
  command(...args: readonly string[]): Promise<string>
  /** Sends a signal: `SIGSTOP`, `SIGCONT` or `SIGKILL`. */
  signal(name: NodeJS.Signals): void
  /** Ends the process with `SIGKILL`. */
  kill(): Promise<void>
  /** Ends the process, and starts a new process on the same port. `more` are arguments for the new process only. */
  restart(...more: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Options of a server. */
export interface RedisServerOptions {
  readonly name?: ServerName
  /** Arguments in addition to the usual arguments, such as `--maxmemory 2mb`. */
  readonly args?: readonly string[]
  /** Text of the configuration file, which the server can change. A sentinel requires it. */
  readonly config?: string
}

/** Starts a server in a temporary directory, on a port that is free. Resolves when it replies. */
export async function startRedisServer({
  name = 'redis-server',
  args = [],
  config,
}: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'bearward-redis-'))
  const file = join(directory, 'server.conf')
  if (config !== undefined) await writeFile(file, config)
  const isSentinel = args.includes('--sentinel')
  let port = await getFreePort()
  let child = await startOnFreePort()

  /** Starts the server. Tries again on another port if another process has taken the port before the server listens. */
  async function startOnFreePort(): Promise<ChildProcess> {
    for (;;) {
      try {
        return await start()
      } catch (error) {
        if (!String(error).includes('in use')) throw error
        port = await getFreePort()
      }
    }
  }

  async function start(more: readonly string[] = []): Promise<ChildProcess> {
    const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
    const memoryOnly = ['--save', '', '--appendonly', 'no', '--repl-diskless-sync-delay', '0']
    const all = [...fixed, ...(isSentinel ? [] : memoryOnly), ...args, ...more]
    const started = spawn(name, config === undefined ? all : [file, ...all], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // A test run that ends early must not leave servers.
    const kill = () => started.kill('SIGKILL')
    process.once('exit', kill)
    started.once('exit', () => process.off('exit', kill))
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
    get port() {
      return port
    },
    get url() {
      return `redis://127.0.0.1:${port}`
    },
    command: (...command) => sendCommand(port, command),
    signal: (signal) => void child.kill(signal),
    kill: end,
    async restart(...more) {
      await end()
      child = await start(more)
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
      await sendCommand(port, ['PING'])
      return
    } catch (error) {
      if ((error as Error).message.startsWith('LOADING')) return
      // Otherwise, the server does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Sends one command over a new connection. Returns the reply in the form of the protocol, and throws for an error. */
export async function sendCommand(port: number, args: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`)
  // The server closes the connection after its reply, because the client has closed its side.
  socket.end(`*${args.length}\r\n${parts.join('')}`)
  let text = ''
  for await (const chunk of socket) text += (chunk as Buffer).toString('latin1')
  const reply = text.trimEnd()
  if (reply === '') throw new Error('The server closed the connection without a reply.')
  if (reply.startsWith('-')) throw new Error(reply.slice(1))
  return reply
}
