import type { ResponseHeaders } from '@bearward/core'
import { type AdapterDefinition, callNext } from '@bearward/core/adapter'
import type { Context, Next } from 'hono'
import { getEnvironment } from '../environment.ts'
import { isEmpty } from '../responses.ts'
import { getContext, getRoutePattern } from './platform.ts'
import { addHeaders, respond } from './responses.ts'

/** Headers for the response of a handler, by the context of the request. Removed when the next handler is called. */
const pendingHeaders = new WeakMap<Context, ResponseHeaders>()

export const definition: AdapterDefinition<
  [context: Context, next: Next],
  Promise<Response | void>
> = {
  framework: 'hono',
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
