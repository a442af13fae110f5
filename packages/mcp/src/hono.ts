/**
 * Guard for Model Context Protocol servers on Hono.
 *
 * @module @bearward/mcp/hono
 */
import type { Bearward } from '@bearward/fetch/hono'
import { createHandler } from '@bearward/core/internal-guards'
import type { Context, MiddlewareHandler, Next } from 'hono'
import type { AuthInfo } from './auth-info.ts'
import { parseRead } from './body.ts'
import { createDecide } from './decide.ts'
import { prepareGuard, withOnPass } from './define-guard.ts'
import { endStreamAt } from './ending-responses.ts'
import { createGuardFunctions, type GuardFunctions } from './guard-functions.ts'
import type { McpGuardOptions } from './options.ts'
import { hasUnreadWebBody, readWebBody, wasReadByGuard } from './web-request.ts'

export { getAccessToken } from './auth-info.ts'
export type { AuthInfo } from './auth-info.ts'
export type { VerifierError } from './guard-functions.ts'
export type { ApiKeyOptions, McpGuardOptions, OperationRequirements } from './options.ts'
export type { ApiKeyOwner } from '@bearward/core/internal-guards'
export type { OperationKind } from './read-operations.ts'
export { toReadableRequest } from './web-request.ts'

/** The guard of an MCP server on Hono. */
export interface McpGuard extends GuardFunctions {
  /**
   * A middleware that calls `next` if the request passes, and otherwise responds. It reads and checks the body. In handlers,
   * `c.get('parsedBody')` returns the checked object, and `c.get('auth')` returns the `authInfo`. Pass both to the SDK. Use the
   * middleware for all methods of HTTP.
   *
   * @example
   * app.all('/mcp', mcp.guard, (c) =>
   *   handler.fetch(c.req.raw, { authInfo: c.get('auth'), parsedBody: c.get('parsedBody') }),
   * )
   */
  readonly guard: MiddlewareHandler<{
    Variables: { auth: AuthInfo | undefined; parsedBody: unknown }
  }>
}

type Args = [context: Context, next: Next]

/**
 * Creates the guard of an MCP server. `bearward` is the result of `createBearward`.
 *
 * Does NOT validate the messages of the protocol and the arguments of tools: the SDK does this.
 *
 * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
 * @example
 * const mcp = createMcpGuard(bearward, {
 *   scope: 'notes:read',
 *   tools: { search: {}, purge: { scope: 'notes:admin' } },
 * })
 * app.all('/mcp', mcp.guard, (c) =>
 *   handler.fetch(c.req.raw, { authInfo: c.get('auth'), parsedBody: c.get('parsedBody') }),
 * )
 */
export function createMcpGuard(bearward: Bearward, options: McpGuardOptions<Context>): McpGuard {
  const services = prepareGuard<Args, Promise<Response | void>>('hono', bearward, options)
  const { definition, toRequestLike, server } = services
  const ends = new WeakMap<Context, number>()
  const passing = withOnPass(definition, (passed, context) => {
    context.set('auth', passed.authInfo)
    context.set('parsedBody', passed.parsedBody)
    if (passed.endsAt !== undefined) ends.set(context, passed.endsAt)
  })
  const guardDefinition: typeof passing = {
    ...passing,
    async proceed(context, next) {
      const result = await passing.proceed(context, next)
      const response = endStreamAt(context.res, ends.get(context), server.clock)
      // Removes the earlier response. Otherwise Hono would copy the headers of the earlier response again.
      if (response !== context.res) context.res = undefined
      context.res = response
      return result
    },
  }
  const decide = createDecide<Context>(services, {
    async read({ req }, limit) {
      // Hono keeps a body that other middleware has read.
      const isKept = req.raw.bodyUsed && !wasReadByGuard(req.raw)
      return isKept ? parseRead(await req.text()) : readWebBody(req.raw, limit)
    },
    hasUnread: ({ req }) => hasUnreadWebBody(req.raw),
  })
  return {
    ...createGuardFunctions(services),
    guard: createHandler(guardDefinition, toRequestLike, decide) as McpGuard['guard'],
  }
}
