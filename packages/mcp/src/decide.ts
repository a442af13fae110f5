import type { RequestLike, ResponseHeaders } from '@bearward/core'
import type { MaybePromise } from '@bearward/core/internal'
import type { ParsedBody } from './body.ts'
import { GuardedRequest, type McpDecision, type McpServices } from './guarded-request.ts'

/** Reads the body of a request. `raw` is the request of the framework. `limit` is the maximum number of bytes. */
export type ReadBody<Raw extends object> = (raw: Raw, limit: number) => MaybePromise<ParsedBody>

const NO_HEADERS: ResponseHeaders = Object.freeze({})

/** Begins to guard a request. Returns the response to a preflight request instead, which needs no token. */
export function beginGuard(
  request: RequestLike,
  services: McpServices,
): GuardedRequest | Extract<McpDecision, { kind: 'respond' }> {
  const cors = services.settings.cors?.(request)
  if (cors?.kind === 'respond') return cors
  return new GuardedRequest(request, services, cors?.headers ?? NO_HEADERS)
}

/** Creates the function that decides about requests. It reads the body only after the credentials were checked. */
export function createDecide<Raw extends object>(
  services: McpServices,
  readBody: ReadBody<Raw>,
): (request: RequestLike) => Promise<McpDecision> {
  return async (request) => {
    const guarded = beginGuard(request, services)
    if (!(guarded instanceof GuardedRequest)) return guarded
    const refused = await guarded.authenticate()
    if (refused !== undefined) return refused
    const body = guarded.hasBody
      ? await readBody(request.raw as Raw, services.settings.bodyLimit)
      : undefined
    return guarded.authorize(body)
  }
}
