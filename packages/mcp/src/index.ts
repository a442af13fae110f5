/**
 * Guard for Model Context Protocol servers with web-standard `Request` and `Response`.
 *
 * @module @bearward/mcp
 */
import { ConfigurationError, type AccessToken } from '@bearward/core'
import { createHandler } from '@bearward/core/internal-guards'
import type { Bearward } from '@bearward/fetch'
import { findContext, type Passage, toPassage, withHeaders } from '@bearward/fetch/internal'
import type { AuthInfo } from './auth-info.ts'
import { createDecide } from './decide.ts'
import { prepareGuard, withOnPass } from './define-guard.ts'
import { endStreamAt } from './ending-responses.ts'
import { createGuardFunctions, type GuardFunctions } from './guard-functions.ts'
import type { McpGuardOptions } from './options.ts'
import { hasUnreadWebBody, readWebBody } from './web-request.ts'

export { getAccessToken } from './auth-info.ts'
export type { AuthInfo } from './auth-info.ts'
export type { VerifierError } from './guard-functions.ts'
export type { ApiKeyOptions, McpGuardOptions, OperationRequirements } from './options.ts'
export type { ApiKeyOwner } from '@bearward/core/internal-guards'
export type { OperationKind } from './read-operations.ts'
export { toReadableRequest } from './web-request.ts'

/** The second argument of a handler behind the guard. It has the form of the options of `fetch` of the SDK. */
export interface McpCall {
  /** Missing if the caller is anonymous. */
  readonly authInfo?: AuthInfo
  /** Missing if the caller is anonymous. */
  readonly token?: AccessToken
  /** The body that the guard has checked. Missing if the request has no body. */
  readonly parsedBody?: unknown
}

/** The guard of an MCP server with web-standard requests. */
export interface McpGuard extends GuardFunctions {
  /**
   * Puts the guard before a handler. The handler is called only if the request passes. The guard has read the body of the
   * request: pass `parsedBody` and `authInfo` to the SDK. A handler that reads the body itself needs `toReadableRequest`. All
   * further arguments are passed on to the handler. If one of these arguments has a function `waitUntil`, as the context of
   * Cloudflare Workers does, the guard uses this function.
   *
   * @throws {ConfigurationError} if `handler` is not a function
   * @example
   * const handle = mcp.protect((request, call) => handler.fetch(request, call))
   */
  protect<Rest extends unknown[] = []>(
    handler: (request: Request, call: McpCall, ...rest: Rest) => Response | Promise<Response>,
  ): (request: Request, ...rest: [...Rest, ...unknown[]]) => Promise<Response>
}

type Args = [request: Request, passage: McpPassage]

/** The data of one request in the adapter (`Passage`), and the results of this guard. */
interface McpPassage extends Passage {
  authInfo?: AuthInfo | undefined
  parsedBody?: unknown
  endsAt?: number | undefined
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
 * const handle = mcp.protect((request, call) => handler.fetch(request, call))
 */
export function createMcpGuard(bearward: Bearward, options: McpGuardOptions<Request>): McpGuard {
  const services = prepareGuard<Args, Response | McpPassage>('fetch', bearward, options)
  const { definition, toRequestLike, server } = services
  const guardDefinition = withOnPass(
    definition,
    ({ authInfo, parsedBody, endsAt }, _request, passage) => {
      Object.assign(passage, { authInfo, parsedBody, endsAt })
    },
  )
  const decide = createDecide<Request>(services, {
    read: readWebBody,
    hasUnread: hasUnreadWebBody,
  })
  const guard = createHandler(guardDefinition, toRequestLike, decide)
  return {
    ...createGuardFunctions(services),
    protect(handler) {
      if (typeof handler !== 'function') {
        throw new ConfigurationError('protect was called without a handler', [
          'Write protect((request, call) => handler.fetch(request, call)).',
        ])
      }
      return async (request, ...rest) => {
        const passage: McpPassage = toPassage(findContext(rest))
        const decision = await guard(request, passage)
        // The guard returns the passage of this request only if the request passes. Any other result is a response.
        if (decision !== passage) return decision as Response
        const { authInfo, token, parsedBody, endsAt, headers } = passage
        const caller = authInfo && token && { authInfo, token }
        const call = { ...caller, ...(parsedBody !== undefined && { parsedBody }) }
        const response = await handler(request, call, ...(rest as never))
        return withHeaders(endStreamAt(response, endsAt, server.clock), headers)
      }
    },
  }
}
