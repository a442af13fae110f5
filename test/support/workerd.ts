import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { bundleProgram, type ProgramTarget } from './bundle-program.ts'
import type { RunningServer } from './servers.ts'

/** The compatibility date of workers in tests. */
export const COMPATIBILITY_DATE = '2026-06-01'

/** Resolves the imports of a bundle like the tools of Cloudflare: without modules of Node. */
const WORKERD: ProgramTarget = {
  runtime: 'portable',
  conditions: ['workerd', 'worker', 'browser'],
}

/** A worker that runs in workerd, the runtime of Cloudflare Workers. */
export interface RunningWorker extends RunningServer {
  /** The text that the worker and workerd have written. */
  readonly output: () => string
}

/** Values that a worker reads from `env`. */
type Bindings = Readonly<Record<string, unknown>>

/** Options of all workers of a process. */
interface CommonOptions {
  /** Path of the module with the handlers. It is bundled with the sources of the packages. */
  readonly entry: string
  readonly compatibilityDate?: string
  readonly compatibilityFlags?: readonly string[]
  /** Names of the classes of Durable Objects, by the name of their binding. Their storage is removed at the end. */
  readonly durableObjects?: Readonly<Record<string, string>>
}

/** Options of a worker. */
export interface WorkerOptions extends CommonOptions {
  readonly bindings?: Bindings
}

/** Options of several workers with the same module. */
export interface WorkersOptions extends CommonOptions {
  /** The bindings of each worker. */
  readonly bindings: readonly Bindings[]
}

/** Workers that run in one process. Each worker has its own global scope and its own port. */
export interface RunningWorkers {
  /** The ports of the workers, in the order of their bindings. */
  readonly ports: readonly number[]
  /** The text that the workers and workerd have written. */
  readonly output: () => string
  close(): Promise<void>
}

/** Starts a worker in a separate process. The worker may call servers on the loopback address. */
export async function startWorker({
  bindings = {},
  ...options
}: WorkerOptions): Promise<RunningWorker> {
  const { ports, ...running } = await startWorkers({ ...options, bindings: [bindings] })
  const port = ports[0]!
  return { url: `http://127.0.0.1:${port}`, port, ...running }
}

/** Starts workers in one process. They may call servers on the loopback address. */
export async function startWorkers(options: WorkersOptions): Promise<RunningWorkers> {
  const directory = await mkdtemp(join(tmpdir(), 'worker-'))
  await writeFile(join(directory, 'worker.mjs'), await bundleProgram(options.entry, WORKERD))
  await writeFile(join(directory, 'config.capnp'), createConfiguration(options))
  await mkdir(join(directory, 'objects'))
  const args = ['serve', 'config.capnp', '--control-fd=3']
  const child = spawn(findProgram(), args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const written: string[] = []
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => written.push(text))
  const output = () => written.join('')
  async function close() {
    child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
  try {
    return { ports: await readPorts(child, options.bindings.length, output), output, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Returns the path of workerd. */
function findProgram(): string {
  const { platform, arch } = process
  const name = `@cloudflare/workerd-${platform}-${arch === 'x64' ? '64' : arch}/bin/workerd`
  const require = createRequire(import.meta.url)
  return createRequire(require.resolve('workerd')).resolve(name)
}

/** Waits until workerd listens on all sockets, and returns their ports. */
function readPorts(child: ChildProcess, count: number, output: () => string): Promise<number[]> {
  const control = child.stdio[3] as Readable
  return new Promise((resolve, reject) => {
    let text = ''
    control.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const found = [...text.matchAll(/"socket":"(\d+)","port":(\d+)/g)]
      if (found.length < count) return
      const ports = new Map(found.map(([, socket, port]) => [Number(socket), Number(port)]))
      resolve(Array.from({ length: count }, (_, i) => ports.get(i)!))
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`workerd ended with ${code}:\n${output()}`)))
  })
}

const toText = (value: string) => JSON.stringify(value)
const toList = (values: readonly string[]) => `[${values.join(', ')}]`

const SHARED_SERVICES = [
  '(name = "network", network = (allow = ["local"]))',
  '(name = "objects", disk = (path = "objects", writable = true))',
]

function createConfiguration({
  bindings,
  compatibilityDate = COMPATIBILITY_DATE,
  compatibilityFlags = [],
  durableObjects = {},
}: WorkersOptions): string {
  const classes = Object.values(durableObjects).map(
    (name) => `(className = ${toText(name)}, uniqueKey = ${toText(name)}, enableSql = true)`,
  )
  const namespaces = Object.entries(durableObjects).map(
    ([binding, name]) => `(name = ${toText(binding)}, durableObjectNamespace = ${toText(name)})`,
  )
  const workers = bindings.map((values, i) => {
    const json = Object.entries(values).map(
      ([name, value]) => `(name = ${toText(name)}, json = ${toText(JSON.stringify(value))})`,
    )
    return `(name = "worker-${i}", worker = (
      modules = [(name = "worker", esModule = embed "worker.mjs")],
      compatibilityDate = ${toText(compatibilityDate)},
      compatibilityFlags = ${toList(compatibilityFlags.map(toText))},
      bindings = ${toList([...json, ...namespaces])},
      durableObjectNamespaces = ${toList(classes)},
      durableObjectStorage = (localDisk = "objects"),
      globalOutbound = "network",
    ))`
  })
  const sockets = bindings.map(
    (_, i) => `(name = "${i}", address = "127.0.0.1:0", http = (), service = "worker-${i}")`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = ${toList([...workers, ...SHARED_SERVICES])},
  sockets = ${toList(sockets)},
);
`
}
