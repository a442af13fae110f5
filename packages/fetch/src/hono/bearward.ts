import type {
  AccessToken,
  HttpResponse,
  ResourceServerOptions,
  ResponseHeaders,
} from '@bearward/core'
import { callNext, defineAdapter, getDetachedWork } from '@bearward/core/adapter'
import type { Context, Next } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import { getEnvironment } from '../environment.ts'
import type { RequestContext } from '../types.ts'
import type { Bearward } from './types.ts'

/** Headers for the response of a handler, by the context of the request. Removed when the next handler is called. */
const pendingHeaders = new WeakMap<Context, ResponseHeaders>()

const adapter = defineAdapter<[context: Context, next: Next], Promise<Response | void>>({
  toRequest({ req: { raw } }) {
    const { method, url, headers } = raw
    return { method, url, headers }
  },
  // The middleware of hono/request-id sets `requestId`.
  identify: (context) => ({
    id: context.get('requestId') as unknown,
    route: context.req.matchedRoutes.at(-1)?.path,
  }),
  grant(outcome, context) {
    context.set('auth', outcome.kind === 'granted' ? outcome.token : undefined)
  },
  setHeaders(headers, context) {
    if (Object.keys(headers).length > 0) pendingHeaders.set(context, headers)
  },
  proceed(context, next) {
    keepDetachedWorkAlive(context)
    const headers = pendingHeaders.get(context)
    if (headers === undefined) return callNext(next)
    pendingHeaders.delete(context)
    return callNext(next).then(() => addHeaders(headers, context))
  },
  async respond(response, context) {
    keepDetachedWorkAlive(context)
    return respond(response, context)
  },
  async fail(error) {
    throw error
  },
  wait(settled, context) {
    getContext(context)?.waitUntil?.(settled)
    return settled
  },
  environment: getEnvironment(),
})

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
export const requireToken: Bearward['requireToken'] = adapter.requireToken as never

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

/**
 * Responds with the headers that other code has set, and those of the core. The response is set, and not only returned: code that
 * calls the guard and ignores its result cannot replace it by returning another response.
 */
function respond({ status, headers, body }: HttpResponse, context: Context): Response {
  const { Vary, ...others } = headers
  const content = status === 204 ? null : body
  const response = context.newResponse(content, status as StatusCode, others)
  if (typeof Vary === 'string') response.headers.append('Vary', Vary)
  // Otherwise Hono would replace our headers by those of the response that was set before.
  context.res = undefined
  context.res = response
  return response
}

/** Adds headers to the response of a handler. A 101 (a WebSocket) cannot be copied, so it is not changed. */
function addHeaders(headers: ResponseHeaders, context: Context): void {
  if (context.res.status < 200) return
  for (const [name, value] of Object.entries(headers)) {
    if (name !== 'Vary') context.header(name, undefined)
    for (const line of [value].flat()) context.header(name, line, { append: true })
  }
}

/** Keeps the work that a guard leaves in the background alive, such as a refresh of keys. */
function keepDetachedWorkAlive(context: Context): void {
  const work = getDetachedWork()
  if (work !== undefined) getContext(context)?.waitUntil?.(work)
}

/** Returns the context of the platform. Hono throws if there is none, as in Node. */
function getContext(context: Context): RequestContext | undefined {
  try {
    return context.executionCtx
  } catch {
    return undefined
  }
}
