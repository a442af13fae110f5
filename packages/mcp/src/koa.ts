/**
 * Guard for Model Context Protocol servers on Koa 3 and 2.
 *
 * @module @bearward/mcp/koa
 */
import type { Bearward, KoaGuard } from '@bearward/koa'
import { createHandler } from '@bearward/core/internal-guards'
import { createDecide } from './decide.ts'
import { prepareGuard, withOnPass } from './define-guard.ts'
import { endResponseAt } from './ending-responses.ts'
import { createGuardFunctions, type GuardFunctions } from './guard-functions.ts'
import { hasUnreadNodeBody, readNodeBody } from './node-request.ts'
import type { McpGuardOptions } from './options.ts'

type Args = Parameters<KoaGuard>
type Context = Args[0]

/** The request of Koa, with the body that a body parser adds. */
interface RequestWithBody {
  body?: unknown
}

export { getAccessToken } from './auth-info.ts'
export type { AuthInfo } from './auth-info.ts'
export type { VerifierError } from './guard-functions.ts'
export type { ApiKeyOptions, McpGuardOptions, OperationRequirements } from './options.ts'
export type { ApiKeyOwner } from '@bearward/core/internal-guards'
export type { OperationKind } from './read-operations.ts'

/** The guard of an MCP server on Koa. */
export interface McpGuard extends GuardFunctions {
  /**
   * A middleware that calls `next` if the request passes, and otherwise writes the refusal. It reads and checks the body. It sets
   * `context.request.body` to the checked object, and `context.req.auth` to the `authInfo`. Pass `context.request.body` to the
   * SDK. Use the middleware for all methods of HTTP. Code after `await guard(context, next)` is not protected.
   *
   * @example
   * router.all('/mcp', mcp.guard, async (ctx) => {
   *   ctx.respond = false // the SDK writes the response
   *   await handle(ctx.req, ctx.res, ctx.request.body)
   * })
   */
  readonly guard: KoaGuard
}

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
 * router.all('/mcp', mcp.guard, async (ctx) => {
 *   ctx.respond = false // the SDK writes the response
 *   await handle(ctx.req, ctx.res, ctx.request.body)
 * })
 */
export function createMcpGuard(bearward: Bearward, options: McpGuardOptions<Context>): McpGuard {
  const services = prepareGuard<Args, Promise<void>>('koa', bearward, options)
  const { definition, toRequestLike, server } = services
  const guardDefinition = withOnPass(definition, (passed, context) => {
    Object.assign(context.req, { auth: passed.authInfo })
    Object.assign(context.request, { body: passed.parsedBody })
    endResponseAt(context.res, passed.endsAt, server.clock)
  })
  const decide = createDecide<Context>(services, {
    read: ({ req, request }, limit) => readNodeBody(req, (request as RequestWithBody).body, limit),
    hasUnread: ({ req }) => hasUnreadNodeBody(req),
  })
  return {
    ...createGuardFunctions(services),
    guard: createHandler(guardDefinition, toRequestLike, decide),
  }
}
