import type { AdapterDefinition } from '@bearward/core/adapter'
import { ConfigurationError } from '@bearward/core/internal'
import { type AdapterParts, getAdapterParts, getGuardParts } from '@bearward/core/internal-guards'
import type { McpPassed, McpServices } from './guarded-request.ts'
import { readOptions } from './read-options.ts'

/** The result of any `createBearward`. All these results have the function `close`. */
interface AnyBearward {
  readonly close: () => void
}

/** The parts of the adapter of one framework, the resource server, and the settings of a guard. */
export interface GuardSetup<Args extends readonly [object, ...unknown[]], Result>
  extends AdapterParts<Args, Result>, McpServices {}

/**
 * Finds the resource server that belongs to `bearward`, and validates the options of a guard for this server.
 *
 * @throws {ConfigurationError} if `bearward` is not a result of `createBearward` for this framework, or if options are wrong
 */
export function prepareGuard<Args extends readonly [object, ...unknown[]], Result>(
  framework: string,
  bearward: AnyBearward,
  options: unknown,
): GuardSetup<Args, Result> {
  const isObject = typeof bearward === 'object' && bearward !== null
  const server = isObject ? getGuardParts(bearward) : undefined
  const adapter = isObject
    ? (getAdapterParts(bearward) as AdapterParts<Args, Result> | undefined)
    : undefined
  const found = adapter?.definition.framework
  if (server === undefined || adapter === undefined || found !== framework) {
    const own = FRAMEWORKS.get(framework)!.adapter
    const other = FRAMEWORKS.get(found)
    throw new ConfigurationError('createMcpGuard was called with a wrong first argument', [
      other === undefined
        ? `Pass the result of createBearward from ${own}.`
        : `This createMcpGuard is for ${own}. For ${other.adapter}, import it from ${other.guard}.`,
    ])
  }
  return { ...adapter, server, settings: readOptions(options, server) }
}

/** The modules from which an application imports `createBearward` and `createMcpGuard`, by framework. */
const FRAMEWORKS: ReadonlyMap<
  string | undefined,
  { readonly adapter: string; readonly guard: string }
> = new Map([
  ['express', { adapter: '@bearward/express', guard: '@bearward/mcp/express' }],
  ['fastify', { adapter: '@bearward/fastify', guard: '@bearward/mcp/fastify' }],
  ['fetch', { adapter: '@bearward/fetch', guard: '@bearward/mcp' }],
  ['hono', { adapter: '@bearward/fetch/hono', guard: '@bearward/mcp/hono' }],
  ['koa', { adapter: '@bearward/koa', guard: '@bearward/mcp/koa' }],
])

/** Returns a copy of `definition` whose `grant` also calls `onPass`, with the body and the caller. */
export function withOnPass<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
  onPass: (passed: McpPassed, ...args: Args) => void,
): AdapterDefinition<Args, Result> {
  return {
    ...definition,
    grant(outcome, ...args) {
      definition.grant(outcome, ...args)
      onPass(outcome as McpPassed, ...args)
    },
  }
}
