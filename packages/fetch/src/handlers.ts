import { type AccessToken, ConfigurationError } from '@bearward/core'
import { type Decide, isPassage, toPassage } from './adapter.ts'
import { withHeaders } from './responses.ts'
import type { Handler, ProtectedHandler } from './types.ts'
import { findContext } from './wait-until.ts'

type AnyHandler = Handler<Request, unknown[]>

/** Creates a handler that calls `handler` with the token of each request that passes. */
export function toProtected(
  decide: Decide,
  handler: ProtectedHandler<AccessToken | undefined, Request, unknown[]>,
): AnyHandler {
  checkHandler('protect', handler, 'protect({ scope: ... }, handler)')
  return async (request, ...rest) => {
    const passage = toPassage(findContext(rest))
    const decision = await decide(request, passage)
    if (!isPassage(decision, passage)) return decision
    const response = await handler(request, { token: passage.token }, ...rest)
    return withHeaders(response, passage.headers)
  }
}

/** Creates a handler that responds to requests for metadata, and calls `next` for other requests. */
export function toMetadataHandler(decide: Decide, next: AnyHandler = notFound): AnyHandler {
  checkHandler('metadata', next, 'metadata(handler), or metadata() on a separate route')
  return before(decide, next)
}

/** Creates a handler that answers preflight requests, and adds headers to the responses of `next`. */
export function toCorsHandler(decide: Decide, next: AnyHandler): AnyHandler {
  checkHandler(
    'cors',
    next,
    'cors({ origins: [...] }, handler), or import createBearward from @bearward/fetch/hono for middleware of Hono',
  )
  return before(decide, next)
}

function before(decide: Decide, next: AnyHandler): AnyHandler {
  return async (request, ...rest) => {
    const passage = toPassage(findContext(rest))
    const decision = await decide(request, passage)
    if (!isPassage(decision, passage)) return decision
    return withHeaders(await next(request, ...rest), passage.headers)
  }
}

function notFound(): Response {
  return new Response(null, { status: 404 })
}

function checkHandler(name: string, handler: unknown, usage: string): void {
  if (typeof handler === 'function') return
  throw new ConfigurationError(`${name} was called without a handler`, [`Write ${usage}.`])
}
