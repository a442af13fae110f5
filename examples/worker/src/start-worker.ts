import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { RunningApi } from '@bearward/example-shared'
import { build } from 'rolldown'

const { default: workerd } = createRequire(import.meta.url)('workerd') as { default: string }
const WORKER = fileURLToPath(new URL('../worker/index.ts', import.meta.url))

/** Bundles the Worker, and starts it in workerd. Port 0 selects a free port. */
export async function startWorker(
  bindings: Readonly<Record<string, string>>,
  port: number,
): Promise<RunningApi> {
  const directory = await mkdtemp(join(tmpdir(), 'worker-'))
  await bundle(join(directory, 'worker.js'))
  await writeFile(join(directory, 'config.capnp'), configure(bindings, port))
  const child = spawn(workerd, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: directory,
    stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
  })
  const close = async () => {
    child.kill()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    return { url: `http://127.0.0.1:${await readPort(child)}`, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Bundles the Worker like the tools of Cloudflare: with the export conditions of Workers, and without modules of Node. */
async function bundle(file: string): Promise<void> {
  await build({
    input: WORKER,
    platform: 'neutral',
    external: /^cloudflare:/,
    resolve: { conditionNames: ['workerd', 'worker', 'browser', 'import'] },
    output: { file },
  })
}

/** Returns the port from the message that workerd writes when it listens. */
function readPort(child: ChildProcess): Promise<number> {
  const [, , errors, control] = child.stdio as unknown as Readable[]
  let output = ''
  errors!.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve, reject) => {
    control!.on('data', (chunk: Buffer) => {
      const { event, port } = JSON.parse(chunk.toString()) as { event: string; port: number }
      if (event === 'listen') resolve(port)
    })
    child.once('error', reject)
    child.once('close', () => {
      const code = output.includes('Address already in use') ? 'EADDRINUSE' : 'WORKER_FAILED'
      reject(Object.assign(new Error(`workerd did not start:\n${output}`), { code }))
    })
  })
}

/** Returns the configuration of workerd. At Cloudflare, the configuration is `wrangler.jsonc`. */
function configure(bindings: Readonly<Record<string, string>>, port: number): string {
  const list = Object.entries(bindings).map(
    ([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2026-06-01",
      bindings = [${list.join(', ')}],
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`
}
