import type { AccessToken, ResourceServerOptions } from '@bearward/core'
import { defineAdapter, defineRequireToken } from '@bearward/core/adapter'
import { definition } from './adapter.ts'
import { toGuard } from './guard.ts'
import { type CreateDecide, toBearward } from './to-bearward.ts'
import type { Bearward } from './bearward-type.ts'

const adapter = /* @__PURE__ */ defineAdapter(definition)

/**
 * Creates the guards of one configuration. Call it once, outside of the handlers, because its result keeps keys and verified
 * tokens. The options are validated immediately. Keys are fetched when the first token arrives, or by `ready()` or `status()`.
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
  return toBearward(adapter.createBearward(options), auth)
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
export const requireToken: Bearward['requireToken'] = (...given: readonly unknown[]) =>
  toGuard((defineRequireToken(definition) as CreateDecide)(...given))

/**
 * Returns the verified token of a request that a guard has granted. It never returns `undefined`.
 *
 * @throws {Error} if no guard has granted the request. This is a mistake in the application.
 * @throws {Error} if the guard is `optional` and the caller is anonymous. Behind an optional guard, read `token` of the result of
 *   the guard.
 *
 * @example
 * const { subject, scopes } = auth(request)
 */
export const auth: (request: Request) => AccessToken = adapter.auth
