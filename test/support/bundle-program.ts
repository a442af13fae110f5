import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

const source = (path: string) => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url))

/** The names in `imports` of the manifest of the core, without `#`. */
const RUNTIME_IMPORTS = [
  'async-context',
  'base64url',
  'diagnostics-channel',
  'fetch',
  'sha256',
  'signature-engine',
]

/** Returns the aliases that resolve the packages to their sources, and the runtime imports of the core to one file. */
function aliasesFor(runtime: string): Record<string, string> {
  return {
    '@bearward/fetch/hono': source('fetch/src/hono.ts'),
    '@bearward/fetch/internal': source('fetch/src/internal.ts'),
    '@bearward/fetch/small': source('fetch/src/small.ts'),
    '@bearward/fetch': source('fetch/src/index.ts'),
    '@bearward/express': source('express/src/index.ts'),
    '@bearward/mcp': source('mcp/src/index.ts'),
    '@bearward/redis': source('redis/src/index.ts'),
    '@bearward/core/adapter': source('core/src/adapter.ts'),
    '@bearward/core/internal-guards': source('core/src/internal-guards.ts'),
    '@bearward/core/internal': source('core/src/internal.ts'),
    '@bearward/core': source('core/src/index.ts'),
    '@bearward/client': source('client/src/index.ts'),
    ...Object.fromEntries(
      RUNTIME_IMPORTS.map((name) => [`#${name}`, source(`core/src/runtime/${runtime}.ts`)]),
    ),
  }
}

/** Runtime of a program. */
export interface ProgramTarget {
  /** File in `packages/core/src/runtime` that the manifest of the core selects in this runtime. */
  readonly runtime: 'portable' | 'bun-and-deno'
  /** Conditions by which imports of packages are resolved. */
  readonly conditions: readonly string[]
}

/** Bundles a module with the sources of the packages. Modules that the runtime supplies stay imports. */
export async function bundleProgram(
  entry: string,
  { runtime, conditions }: ProgramTarget,
): Promise<string> {
  const bundled = await build({
    input: entry,
    platform: 'neutral',
    external: /^(?:node|cloudflare):/,
    resolve: {
      conditionNames: [...conditions, 'import'],
      alias: aliasesFor(runtime),
    },
    write: false,
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(message)
    },
  })
  return bundled.output[0].code
}

/** Bundles a module for Node, with the sources of the packages and with its dependencies. */
export async function bundleNodeProgram(entry: string): Promise<string> {
  const bundled = await build({
    input: entry,
    platform: 'node',
    resolve: { alias: aliasesFor('node') },
    write: false,
  })
  return bundled.output[0].code
}
