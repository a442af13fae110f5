import type { AccessToken, ResponseHeaders } from '@bearward/core'
import { defineAdapter, getDetachedWork, mustBeAwaited } from '@bearward/core/adapter'
import { getEnvironment } from './environment.ts'
import { toHeaders, toResponse, withHeaders } from './responses.ts'
import type { FetchGuard, Handler, Passed, RequestContext } from './types.ts'

/** One request on its way through a guard. The guard writes the token and the headers. */
interface Passage {
  readonly context: RequestContext | undefined
  token: AccessToken | undefined
  headers: ResponseHeaders
}

export type Decide = (request: Request, passage: Passage) => Result | Promise<Result>
type Result = Response | Passage

export const adapter = defineAdapter<
  [request: Request, passage: Passage],
  Result | Promise<Result>
>({
  toRequest(request) {
    const { method, url, headers } = request
    if (typeof headers?.get === 'function') return { method, url, headers }
    throw new TypeError(
      'A guard of @bearward/fetch was called without a web Request. Pass the Request: c.req.raw in Hono, event.request in SvelteKit.',
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
  wait(settled, _request, { context }) {
    context?.waitUntil?.(settled)
    return settled
  },
  environment: getEnvironment(),
})

/** Creates the guard that an application calls. */
export function toGuard(decide: Decide): FetchGuard {
  async function guard(
    request: Request,
    context: RequestContext | undefined,
  ): Promise<Response | Passed> {
    const result = await pass(decide, request, context)
    if (result instanceof Response) return result
    return { token: result.token!, headers: toHeaders(result.headers) }
  }
  return (request, context) => mustBeAwaited(guard(request, context), ['token', 'headers'])
}

/** Runs a guard. The work that it leaves in the background, such as a refresh of keys, is kept alive. */
export async function pass(
  decide: Decide,
  request: Request,
  context: RequestContext | undefined,
): Promise<Result> {
  try {
    return await decide(request, { context, token: undefined, headers: {} })
  } finally {
    const work = getDetachedWork()
    if (work !== undefined) context?.waitUntil?.(work)
  }
}

/** Creates a handler that responds itself, or adds headers to the response of `next`. */
export function before(
  decide: Decide,
  next: Handler<Request, unknown[]>,
): Handler<Request, unknown[]> {
  return async (request, ...rest) => {
    const result = await decide(request, { context: undefined, token: undefined, headers: {} })
    if (result instanceof Response) return result
    return withHeaders(await next(request, ...rest), result.headers)
  }
}
