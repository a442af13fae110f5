import { fileURLToPath } from 'node:url'
import { bundleProgram } from '../support/bundle-program.ts'
import { startProgram } from '../support/child-program.ts'
import { getProgram, RUNTIMES } from '../runtimes/runtimes.mjs'
import type { Runtime } from './on-runtime.ts'

/**
 * Returns a function that starts mounts in Bun or Deno. The function installs a missing runtime, and throws if the installation
 * fails.
 */
export function startHosts(name: 'Bun' | 'Deno', args: readonly string[]): Runtime['start'] {
  return async (setups) => {
    const runtime = RUNTIMES.find((one) => one.name.startsWith(`${name} `))!
    const condition = name.toLowerCase()
    const entry = fileURLToPath(new URL(`${condition}-program.ts`, import.meta.url))
    const [program, code] = await Promise.all([
      getProgram(runtime),
      bundleProgram(entry, { runtime: 'bun-and-deno', conditions: [condition, 'node'] }),
    ])
    const input = JSON.stringify(setups)
    const { firstLine, ...running } = await startProgram({ runtime: program, args, code, input })
    return { ports: JSON.parse(firstLine) as number[], ...running }
  }
}
