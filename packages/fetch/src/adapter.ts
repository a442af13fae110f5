import type { AccessToken, ResponseHeaders } from '@bearward/core'
import type { AdapterDefinition } from '@bearward/core/adapter'
import { getEnvironment } from './environment.ts'
import { toResponse } from './responses.ts'
import type { RequestContext } from './types.ts'

/** Data of one request while a guard decides about the request. The guard writes the token and the headers. */
export interface Passage {
  readonly context: RequestContext | undefined
  token: AccessToken | undefined
  headers: ResponseHeaders
}

export function toPassage(context: RequestContext | undefined): Passage {
  return { context, token: undefined, headers: {} }
}

/**
 * Returns whether a request may continue. It may continue only if `decision` is the passage of this request. A check with
 * `instanceof Response` would let requests pass if other code has replaced the global class `Response`.
 */
export function isPassage(decision: Decision, own: Passage): decision is Passage {
  return decision === own
}

/** The decision about one request: a complete response, or the passage of a request that may continue. */
export type Decision = Response | Passage
export type Decide = (request: Request, passage: Passage) => Decision | Promise<Decision>

export const definition: AdapterDefinition<
  [request: Request, passage: Passage],
  Decision | Promise<Decision>
> = {
  framework: 'fetch',
  toRequest(request) {
    if (typeof request?.headers?.get === 'function') {
      const { method, url, headers } = request
      return { method, url, headers }
    }
    throw new TypeError(
      'A function of @bearward/fetch was called without a web Request. Pass the Request, such as event.request in SvelteKit. For middleware of Hono, import createBearward from @bearward/fetch/hono.',
    )
  },
  grant(outcome, _request, passage) {
    passage.token = outcome.kind === 'granted' ? outcome.token : undefined
  },
  setHeaders(headers, _request, passage) {
    passage.headers = headers
  },
  proceed: (_request, passage) => passage,
  respond: toResponse,
  async fail(error) {
    throw error
  },
  keepAlive: (work, _request, { context }) => context?.waitUntil?.(work),
  environment: getEnvironment(),
}
