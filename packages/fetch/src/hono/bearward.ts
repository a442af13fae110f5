import type { AccessToken, ResourceServerOptions } from '@bearward/core'
import { defineAdapter, defineRequireToken, keepAlive } from '@bearward/core/adapter'
import type { Context } from 'hono'
import { callWithContext } from '../wait-until.ts'
import { definition } from './adapter.ts'
import { getContext } from './platform.ts'
import type { Bearward } from './types.ts'

const adapter = /* @__PURE__ */ defineAdapter(definition)

/**
 * Creates the guards of one configuration. The options are validated immediately. Keys are fetched when the first token arrives,
 * or by `ready()` or `status()`.
 *
 * @throws {ConfigurationError} if an option is wrong. The message names every problem.
 *
 * @example
 * const { requireToken } = createBearward({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 * })
 * app.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
 */
export function createBearward(options: ResourceServerOptions<Context>): Bearward {
  const { authorize, verify, ...others } = adapter.createBearward(options)
  const own = {
    authorize(...given: Parameters<typeof authorize>) {
      const outcome = authorize(...given)
      keepAlive(outcome, (work) => getContext(given[0])?.waitUntil?.(work))
      return outcome
    },
    verify: (...given: readonly unknown[]) => callWithContext(verify, [1, 2], given),
  }
  return { ...others, ...own } as unknown as Bearward
}

/**
 * Creates a guard like `createBearward(...).requireToken`, with options from the `BEARWARD_*` environment variables of Node, Deno
 * and Bun. The variables are read at each call. Guards that are created with the same variables share one configuration.
 *
 * @throws {ConfigurationError} if a variable or a requirement is wrong.
 *
 * @example
 * app.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
 */
export const requireToken: Bearward['requireToken'] = /* @__PURE__ */ defineRequireToken(
  definition,
) as never

/**
 * Returns the verified token of a request that a guard has granted. It never returns `undefined`.
 *
 * @throws {Error} if no guard has granted the request. This is a mistake in the application.
 * @throws {Error} if the guard is `optional` and the caller is anonymous. Behind an optional guard, read `c.get('auth')` instead.
 *
 * @example
 * const { subject, scopes } = auth(c)
 */
export const auth: (context: Context) => AccessToken = adapter.auth
