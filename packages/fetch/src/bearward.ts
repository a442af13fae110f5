import { type AccessToken, ConfigurationError, type ResourceServerOptions } from '@bearward/core'
import { adapter, before, type Decide, pass, toGuard } from './adapter.ts'
import { withHeaders } from './responses.ts'
import type { Bearward, FetchRequirements, Handler, ProtectedHandler } from './types.ts'
import { findContext } from './wait-until.ts'

/**
 * Creates the guards of one configuration. Call it once, outside of the handlers, because keys and verified tokens are kept in
 * it. The options are validated at once. Keys are fetched when the first token arrives, or by `ready()` or `status()`.
 *
 * @throws {ConfigurationError} if an option is wrong. The message names every problem.
 *
 * @example
 * const { protect } = createBearward({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 * })
 * const listReports = protect({ scope: 'read:reports' }, (request, { token }) =>
 *   Response.json({ reportsFor: token.clientId }),
 * )
 */
export function createBearward(options: ResourceServerOptions<Request>): Bearward {
  const bearward = adapter.createBearward(options)
  const requireGuard = bearward.requireToken as (...requirements: readonly unknown[]) => Decide

  function protect(
    requirements: FetchRequirements,
    handler: ProtectedHandler<AccessToken | undefined, Request, unknown[]>,
  ): Handler<Request, unknown[]> {
    const decide = requireGuard(requirements)
    checkHandler('protect', handler, 'protect({ scope: ... }, handler)')
    return async (request, ...rest) => {
      const result = await pass(decide, request, findContext(rest))
      if (result instanceof Response) return result
      const response = await handler(request, { token: result.token }, ...rest)
      return withHeaders(response, result.headers)
    }
  }

  function metadata(next: Handler<Request, unknown[]> = notFound): Handler<Request, unknown[]> {
    const decide = bearward.metadata()
    checkHandler('metadata', next, 'metadata(handler)')
    return before(decide, next)
  }

  function cors(options_: Parameters<Bearward['cors']>[0], next: Handler<Request, unknown[]>) {
    const decide = bearward.cors(options_)
    checkHandler('cors', next, 'cors({ origins: [...] }, handler)')
    return before(decide, next)
  }

  const { authorize, verify, ready, status, distrustKey, forgetIssuer, close } = bearward
  return {
    requireToken: (...requirements: readonly unknown[]) => toGuard(requireGuard(...requirements)),
    protect: protect as Bearward['protect'],
    metadata: metadata as Bearward['metadata'],
    cors: cors as Bearward['cors'],
    auth,
    authorize,
    verify,
    ready,
    status,
    distrustKey,
    forgetIssuer,
    close,
  }
}

/**
 * Creates a guard like `createBearward(...).requireToken`, with options from the `BEARWARD_*` environment variables of Node, Deno
 * and Bun. The variables are read at each call. Guards that are created with the same variables share one configuration.
 *
 * @throws {ConfigurationError} if a variable or a requirement is wrong.
 *
 * @example
 * const guard = requireToken({ scope: 'read:reports' })
 */
export const requireToken: Bearward['requireToken'] = (...requirements: readonly unknown[]) =>
  toGuard((adapter.requireToken as (...given: readonly unknown[]) => Decide)(...requirements))

/**
 * Returns the verified token of a request that a guard has granted. It never returns `undefined`.
 *
 * @throws {Error} if no guard has granted the request. This is a mistake in the application.
 * @throws {Error} if the guard is `optional` and the caller is anonymous. Read `token` of its result there.
 *
 * @example
 * const { subject, scopes } = auth(request)
 */
export const auth: (request: Request) => AccessToken = adapter.auth

function notFound(): Response {
  return new Response(null, { status: 404 })
}

function checkHandler(name: string, handler: unknown, usage: string): void {
  if (typeof handler === 'function') return
  throw new ConfigurationError(`${name} was called without a handler`, [`Write ${usage}.`])
}
