import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import type { RunningServer } from './servers.ts'

const source = (path: string) => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url))

/** The compatibility date of workers in tests. */
export const COMPATIBILITY_DATE = '2026-06-01'

/** A worker that runs in workerd, the runtime of Cloudflare Workers. */
export interface RunningWorker extends RunningServer {
  /** The text that the worker and workerd have written. */
  readonly output: () => string
}

/** Options of a worker. */
export interface WorkerOptions {
  /** Path of the module with the handlers. It is bundled with the sources of the packages. */
  readonly entry: string
  /** Bindings of the worker, which it reads from `env`. */
  readonly bindings?: Readonly<Record<string, unknown>>
  readonly compatibilityDate?: string
  readonly compatibilityFlags?: readonly string[]
}

/** Starts a worker in a process of its own. It may call servers on the loopback address. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const directory = await mkdtemp(join(tmpdir(), 'worker-'))
  await bundleWorker(options.entry, join(directory, 'worker.mjs'))
  await writeFile(join(directory, 'config.capnp'), createConfiguration(options))
  const args = ['serve', 'config.capnp', '--control-fd=3']
  const child = spawn(findProgram(), args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const written: string[] = []
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => written.push(text))
  const output = () => written.join('')
  try {
    const port = await readPort(child, output)
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      output,
      async close() {
        child.kill('SIGKILL')
        await rm(directory, { recursive: true, force: true })
      },
    }
  } catch (error) {
    child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

/** Bundles a module with the sources of the packages, as the tools of Cloudflare do: without modules of Node. */
export async function bundleWorker(entry: string, file: string): Promise<void> {
  await build({
    input: entry,
    platform: 'neutral',
    external: /^(?:node|cloudflare):/,
    resolve: {
      conditionNames: ['workerd', 'worker', 'browser', 'import'],
      alias: {
        '@bearward/fetch/hono': source('fetch/src/hono.ts'),
        '@bearward/fetch': source('fetch/src/index.ts'),
        '@bearward/core/adapter': source('core/src/adapter.ts'),
        '@bearward/core/internal': source('core/src/internal.ts'),
        '@bearward/core': source('core/src/index.ts'),
        '@bearward/client': source('client/src/index.ts'),
        ...Object.fromEntries(
          [
            'async-context',
            'base64url',
            'diagnostics-channel',
            'fetch',
            'sha256',
            'signature-engine',
          ].map((name) => [`#${name}`, source('core/src/runtime/portable.ts')]),
        ),
      },
    },
    output: { file },
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(message)
    },
  })
}

/** Returns the path of workerd. */
function findProgram(): string {
  const { platform, arch } = process
  const name = `@cloudflare/workerd-${platform}-${arch === 'x64' ? '64' : arch}/bin/workerd`
  const require = createRequire(import.meta.url)
  return createRequire(require.resolve('workerd')).resolve(name)
}

/** Waits until workerd listens, and returns its port. */
function readPort(child: ChildProcess, output: () => string): Promise<number> {
  const control = child.stdio[3] as Readable
  return new Promise((resolve, reject) => {
    let text = ''
    control.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const port = /"port":(\d+)/.exec(text)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`workerd ended with ${code}:\n${output()}`)))
  })
}

function createConfiguration({
  bindings = {},
  compatibilityDate = COMPATIBILITY_DATE,
  compatibilityFlags = [],
}: WorkerOptions): string {
  const text = (value: string) => JSON.stringify(value)
  const list = (values: readonly string[]) => `[${values.join(', ')}]`
  const json = Object.entries(bindings).map(
    ([name, value]) => `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.mjs")],
      compatibilityDate = ${text(compatibilityDate)},
      compatibilityFlags = ${list(compatibilityFlags.map(text))},
      bindings = ${list(json)},
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
}
