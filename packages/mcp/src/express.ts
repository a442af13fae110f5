/**
 * Guard for Model Context Protocol servers on Express 5 and 4.
 *
 * @module @bearward/mcp/express
 */
import type { Bearward, ExpressGuard } from '@bearward/express'
import { createHandler } from '@bearward/core/internal-guards'
import { createDecide } from './decide.ts'
import { prepareGuard, withOnPass } from './define-guard.ts'
import { endResponseAt } from './ending-responses.ts'
import { createGuardFunctions, type GuardFunctions } from './guard-functions.ts'
import { hasUnreadNodeBody, readNodeBody } from './node-request.ts'
import type { McpGuardOptions } from './options.ts'

type Args = Parameters<ExpressGuard>
/** The request of Express. */
type Request = Args[0]

export { getAccessToken } from './auth-info.ts'
export type { AuthInfo } from './auth-info.ts'
export type { VerifierError } from './guard-functions.ts'
export type { ApiKeyOptions, McpGuardOptions, OperationRequirements } from './options.ts'
export type { ApiKeyOwner } from '@bearward/core/internal-guards'
export type { OperationKind } from './read-operations.ts'

/** The guard of an MCP server on Express. */
export interface McpGuard extends GuardFunctions {
  /**
   * A middleware that calls `next` if the request passes, and otherwise sends the refusal. It reads and checks the body. It sets
   * `request.body` to the checked object, and `request.auth` to the `authInfo`. Pass `request.body` to the SDK. Use the
   * middleware for all methods of HTTP. If your own code calls the middleware, use `await`.
   *
   * @example
   * app.all('/mcp', mcp.guard, (req, res) => handle(req, res, req.body))
   */
  readonly guard: ExpressGuard
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
 * app.all('/mcp', mcp.guard, (req, res) => handle(req, res, req.body))
 */
export function createMcpGuard(bearward: Bearward, options: McpGuardOptions<Request>): McpGuard {
  const services = prepareGuard<Args, void | Promise<void>>('express', bearward, options)
  const { definition, toRequestLike, server } = services
  const guardDefinition = withOnPass(definition, (passed, request, response) => {
    Object.assign(request, { auth: passed.authInfo, body: passed.parsedBody })
    endResponseAt(response, passed.endsAt, server.clock)
  })
  const decide = createDecide<Request>(services, {
    read: (request, limit) => readNodeBody(request, request.body, limit),
    hasUnread: hasUnreadNodeBody,
  })
  return {
    ...createGuardFunctions(services),
    guard: createHandler(guardDefinition, toRequestLike, decide),
  }
}
