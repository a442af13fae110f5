import type {
  AccessToken,
  Requirements,
  ResourceServerOptions,
  ResponseHeaders,
} from '@bearward/core'
import { type AdapterBearward, callNext, defineAdapter } from '@bearward/core/adapter'
import type { Context, Next, ParameterizedContext } from 'koa'

/** The requirements of a guard. `check` receives the Koa context. */
export type KoaRequirements = Requirements<Context>

/**
 * A middleware that calls `next` if the request may pass, and answers it otherwise. The promise is fulfilled in
 * both cases, because Koa then sends the response: code after `await guard(context, next)` is not protected.
 */
export type KoaGuard = (context: Context, next: Next) => Promise<void>

/** The guards of one configuration. Made by `createBearward`. */
export type Bearward = AdapterBearward<Context, KoaGuard>

const adapter = defineAdapter<[Context, Next], Promise<void>>({
  toRequest: ({ method, originalUrl: url, req: { rawHeaders, headers } }) => {
    return { method, url, rawHeaders, headers }
  },
  // The id is that of a request logger, such as koa-pino-logger, and the route that of @koa/router.
  identify(context: Context & { _matchedRoute?: unknown }) {
    const { id }: { id?: unknown } = context.req as object
    return { id, route: context._matchedRoute }
  },
  grant(outcome, context) {
    writeHeaders(outcome.headers, context)
    const state: { auth?: AccessToken } = context.state
    if (outcome.kind === 'granted') state.auth = outcome.token
    else delete state.auth
  },
  proceed: (_context, next) => callNext(next) as Promise<void>,
  async refuse({ status, headers, body }, context) {
    context.status = status
    writeHeaders(headers, context)
    context.body = body
  },
  fail: async (error) => {
    throw error
  },
  environment: process.env,
})

/**
 * Makes the guards of one configuration. Throws a `ConfigurationError` that names every problem.
 *
 * @example
 * const { requireToken } = createBearward({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 * })
 * router.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
 */
export const createBearward: (options: ResourceServerOptions<Context>) => Bearward =
  adapter.createBearward

/**
 * Makes a guard like `createBearward(...).requireToken`, configured by the `BEARWARD_*` environment variables.
 * All guards that are made with the same variables share one configuration.
 *
 * Throws a `ConfigurationError` if the variables or the requirements are wrong.
 *
 * @example
 * router.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
 */
export const requireToken: (...requirements: [KoaRequirements?]) => KoaGuard = adapter.requireToken

/**
 * Returns the verified token of a request that has passed a guard. Never returns `undefined`.
 *
 * Throws an `Error` if there is none, which is a mistake in the program: no guard has granted this request, or
 * the guard is `optional` and the caller is anonymous (read `context.state.auth` there).
 *
 * @example
 * const { subject, scopes } = auth(context)
 */
export const auth: (context: ParameterizedContext) => AccessToken = adapter.auth

function writeHeaders(headers: ResponseHeaders, context: Context): void {
  for (const [name, value] of Object.entries(headers)) context.set(name, value as string | string[])
}
