/**
 * Guard for Model Context Protocol servers on Fastify 5.
 *
 * @module @bearward/mcp/fastify
 */
import type { Bearward, FastifyGuard, FastifyRequirements } from '@bearward/fastify'
import type { RequestLike, ResponseHeaders } from '@bearward/core'
import { createHandler, type Decision } from '@bearward/core/internal-guards'
import { getUnmetGuard } from '@bearward/core/adapter'
import { parseRead } from './body.ts'
import { beginGuard } from './decide.ts'
import { prepareGuard, withOnPass } from './define-guard.ts'
import { endResponseAt } from './ending-responses.ts'
import { GuardedRequest } from './guarded-request.ts'
import { createGuardFunctions, type GuardFunctions } from './guard-functions.ts'
import { hasUnreadNodeBody } from './node-request.ts'
import type { McpGuardOptions } from './options.ts'

type Args = Parameters<FastifyGuard>
/** A request of any Fastify app, for all servers (such as HTTP/2) and all type parameters. */
type Request = Args[0]
/** The request of Fastify, as a `check` receives it. */
type CheckedRequest = Parameters<NonNullable<FastifyRequirements['check']>>[1]

export { getAccessToken } from './auth-info.ts'
export type { AuthInfo } from './auth-info.ts'
export type { VerifierError } from './guard-functions.ts'
export type { ApiKeyOptions, McpGuardOptions, OperationRequirements } from './options.ts'
export type { ApiKeyOwner } from '@bearward/core/internal-guards'
export type { OperationKind } from './read-operations.ts'

/** The guard of an MCP server on Fastify. */
export interface McpGuard extends GuardFunctions {
  /**
   * Options of a route. Always use all of them together. `onRequest` checks the token before Fastify reads the body.
   * `preValidation` checks the operation in the body, and sets `request.raw.auth` to the `authInfo`. `preHandler` fails if
   * another option has replaced one of these hooks. `bodyLimit` is the limit of this guard. Pass `request.body` to the SDK. Use
   * the options for all methods of HTTP. For hooks of your own, use `addHook`.
   *
   * Fastify itself reads the body. It responds with 400, 413 or 415 to a body that it cannot read.
   *
   * Register `bearward.plugin` first: it stops requests whose operation was not checked. Without the plugin, the hooks fail.
   *
   * @example
   * app.route({ method: ['GET', 'POST', 'DELETE'], url: '/mcp', ...mcp.route, handler })
   */
  readonly route: {
    readonly onRequest: FastifyGuard
    readonly preValidation: FastifyGuard
    readonly preHandler: FastifyGuard
    readonly bodyLimit: number
  }
}

/** Sets headers of the response of Node. The SDKs write to this response, and Fastify does not add the headers of its reply. */
function setRawHeaders(headers: ResponseHeaders, raw: Args[1]['raw']): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'Vary') raw.appendHeader(name, value)
    else raw.setHeader(name, value)
  }
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
 * app.route({ method: ['GET', 'POST', 'DELETE'], url: '/mcp', ...mcp.route, handler })
 */
export function createMcpGuard(
  bearward: Bearward,
  options: McpGuardOptions<CheckedRequest>,
): McpGuard {
  const services = prepareGuard<Args, void | Promise<void>>('fastify', bearward, options)
  const { definition, toRequestLike, server, settings } = services
  const guardDefinition = withOnPass(definition, (passed, request, reply) => {
    Object.assign(request.raw, { auth: passed.authInfo })
    Object.assign(request, { body: passed.parsedBody })
    decided.add(request)
    setRawHeaders(passed.headers, reply.raw)
    endResponseAt(reply.raw, passed.endsAt, server.clock)
  })
  /** Requests whose operation was checked. */
  const decided = new WeakSet()
  /** Requests whose token was checked, until their operation is checked. */
  const authenticated = new WeakMap<object, GuardedRequest>()

  async function authenticate(request: RequestLike): Promise<GuardedRequest | Decision> {
    // If a route has only `onRequest` of `mcp.route`, no hook checks the operation. The plugin then stops the request.
    if (definition.stopsPending?.(request.raw as Request) !== true)
      throw new Error('Register the plugin before the route: await app.register(bearward.plugin).')
    const guarded = beginGuard(request, services)
    if (!(guarded instanceof GuardedRequest)) return guarded
    return (await guarded.authenticate()) ?? guarded
  }

  const onRequest = async (request: RequestLike): Promise<Decision> => {
    const result = await authenticate(request)
    if (!(result instanceof GuardedRequest)) return result
    authenticated.set(request.raw!, result)
    // Fastify itself responds to a body that it cannot read. Pages must be able to read this response, too.
    return { kind: 'continue', headers: result.corsHeaders }
  }
  const preValidation = async (request: RequestLike): Promise<Decision> => {
    const raw = request.raw as Request
    // If the application has left out `onRequest`, the token is checked here.
    const known = authenticated.get(raw) ?? (await authenticate(request))
    if (!(known instanceof GuardedRequest)) return known
    authenticated.delete(raw)
    if (known.hasOperation) return known.authorize(parseRead(raw.body))
    const isRead = raw.body !== undefined && raw.body !== null
    return known.authorizeWithoutBody(isRead || (await hasUnreadNodeBody(raw.raw)))
  }
  const preHandler = ({ raw }: RequestLike): Decision => {
    if (decided.has(raw!) && getUnmetGuard(raw!) === undefined)
      return { kind: 'continue', headers: {} }
    throw new Error(
      'The operation of this request was not checked. Do not replace onRequest and preValidation of mcp.route.',
    )
  }
  return {
    ...createGuardFunctions(services),
    route: {
      onRequest: createHandler(guardDefinition, toRequestLike, onRequest),
      preValidation: createHandler(guardDefinition, toRequestLike, preValidation),
      preHandler: createHandler(guardDefinition, toRequestLike, preHandler),
      bodyLimit: settings.bodyLimit,
    },
  }
}
