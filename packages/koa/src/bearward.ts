import type {
  AccessToken,
  Requirements,
  ResourceServerOptions,
  ResponseHeaders,
} from '@bearward/core'
import {
  type AdapterBearward,
  type AdapterDefinition,
  callNext,
  defineAdapter,
  defineRequireToken,
} from '@bearward/core/adapter'
import type { Context, Next, ParameterizedContext } from 'koa'

/** The requirements of a guard. `check` receives the Koa context. */
export type KoaRequirements = Requirements<Context>

/**
 * A middleware that calls `next` if the request is granted or anonymous, and otherwise writes the refusal. The promise is
 * fulfilled in both cases, because Koa then sends the response. Code after `await guard(context, next)` is not protected.
 */
export type KoaGuard = (context: Context, next: Next) => Promise<void>

/** The guards of one configuration, as returned by `createBearward`. */
export type Bearward = AdapterBearward<Context, KoaGuard>

const definition: AdapterDefinition<[Context, Next], Promise<void>> = {
  framework: 'koa',
  toRequest: ({ method, originalUrl: url, req: { rawHeaders, headers } }) => {
    return { method, url, rawHeaders, headers }
  },
  getSocket: ({ req }) => req.socket,
  // A request logger such as koa-pino-logger sets `id`, and @koa/router sets `_matchedRoute`.
  identify(context: Context & { _matchedRoute?: unknown }) {
    const { id }: { id?: unknown } = context.req as object
    return { id, route: context._matchedRoute }
  },
  grant(outcome, context) {
    const state: { auth?: AccessToken } = context.state
    if (outcome.kind === 'granted') state.auth = outcome.token
    else delete state.auth
  },
  setHeaders: (headers, context) => writeHeaders(headers, context),
  proceed: (_context, next) => callNext(next) as Promise<void>,
  async respond({ status, headers, body }, context) {
    context.status = status
    writeHeaders(headers, context)
    context.body = body
  },
  fail: async (error) => {
    throw error
  },
  environment: process.env,
}

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
 * router.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
 */
export const createBearward: (options: ResourceServerOptions<Context>) => Bearward =
  adapter.createBearward

/**
 * Creates a guard like `createBearward(...).requireToken`, with options from the `BEARWARD_*` environment variables. The
 * variables are read at each call. Guards that are created with the same variables share one configuration.
 *
 * @throws {ConfigurationError} if a variable or a requirement is wrong.
 *
 * @example
 * router.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
 */
export const requireToken: (...requirements: [KoaRequirements?]) => KoaGuard =
  /* @__PURE__ */ defineRequireToken(definition)

/**
 * Returns the verified token of a request that a guard has granted. It never returns `undefined`.
 *
 * @throws {Error} if no guard has granted the request. This is a mistake in the application.
 * @throws {Error} if the guard is `optional` and the caller is anonymous. Behind an optional guard, read `context.state.auth` instead.
 *
 * @example
 * const { subject, scopes } = auth(context)
 */
export const auth: (context: ParameterizedContext) => AccessToken = adapter.auth

function writeHeaders(headers: ResponseHeaders, context: Context): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'Vary') context.vary(value)
    else context.set(name, value)
  }
}
