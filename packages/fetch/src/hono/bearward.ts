import type { AccessToken, ResourceServerOptions, ResponseHeaders } from '@bearward/core'
import type { AdapterDefinition } from '@bearward/core/adapter'
import { callNext, defineAdapter, defineRequireToken } from '@bearward/core/adapter'
import type { Context, Next } from 'hono'
import { getEnvironment } from '../environment.ts'
import { isEmpty } from '../responses.ts'
import { getContext, getRoutePattern } from './platform.ts'
import { addHeaders, respond } from './responses.ts'
import type { Bearward } from './types.ts'

/** Headers for the response of a handler, by the context of the request. Removed when the next handler is called. */
const pendingHeaders = new WeakMap<Context, ResponseHeaders>()

const definition: AdapterDefinition<[context: Context, next: Next], Promise<Response | void>> = {
  toRequest(context) {
    const raw = context?.req?.raw
    if (raw === undefined) {
      throw new TypeError(
        'A function of @bearward/fetch/hono was called without a context. Pass c, or import createBearward from @bearward/fetch to pass a Request.',
      )
    }
    const { method, url, headers } = raw
    return { method, url, headers }
  },
  // The middleware of hono/request-id sets `requestId`.
  identify: (context) => ({
    id: context.get('requestId') as unknown,
    route: getRoutePattern(context),
  }),
  grant(outcome, context) {
    context.set('auth', outcome.kind === 'granted' ? outcome.token : undefined)
  },
  setHeaders(headers, context) {
    if (!isEmpty(headers)) pendingHeaders.set(context, headers)
  },
  proceed(context, next) {
    const headers = pendingHeaders.get(context)
    if (headers === undefined) return callNext(next)
    pendingHeaders.delete(context)
    return callNext(next).then(() => addHeaders(headers, context))
  },
  respond: async (response, context) => respond(response, context),
  async fail(error) {
    throw error
  },
  keepAlive: (work, context) => getContext(context)?.waitUntil?.(work),
  environment: getEnvironment(),
}

const adapter = /* @__PURE__ */ defineAdapter(definition)

/**
 * Creates the guards of one configuration. The options are validated at once. Keys are fetched when the first token arrives,
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
export const createBearward: (options: ResourceServerOptions<Context>) => Bearward =
  adapter.createBearward as never

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
 * @throws {Error} if the guard is `optional` and the caller is anonymous. Read `c.get('auth')` there.
 *
 * @example
 * const { subject, scopes } = auth(c)
 */
export const auth: (context: Context) => AccessToken = adapter.auth
