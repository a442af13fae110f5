import type { AccessToken, ResourceServerOptions } from '@bearward/core'
import { defineSmallAdapter, type Part } from '@bearward/core/adapter'
import { definition } from '../adapter.ts'
import { toBearward } from '../to-bearward.ts'
import type { Bearward } from '../bearward-type.ts'

const adapter = /* @__PURE__ */ defineSmallAdapter(definition)

/**
 * Creates the guards of one configuration, like `createBearward` of `@bearward/fetch`. The log and events contain advice only
 * with the part `advice`. Six options require a part, which is in parentheses if it has another name: `introspection`, `dpop`,
 * `mtls`, `provider` (`providers`), functions in `issuers` (`dynamicIssuers`), and `signed` in `metadata` (`signedMetadata`).
 * Issuers of known vendors, such as Auth0, require `providers`, too.
 *
 * @throws {ConfigurationError} if an option is wrong, or requires a part that is not in `use`. The message names every problem.
 *
 * @example
 * const { protect } = createBearward({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 *   use: [advice],
 * })
 */
export function createBearward(
  options: ResourceServerOptions<Request> & { readonly use?: readonly Part[] },
): Bearward {
  return toBearward(adapter.createBearward(options), auth)
}

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
