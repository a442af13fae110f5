import type { RequestLike, ResponseHeaders } from '@bearward/core'
import type { MaybePromise } from '@bearward/core/internal'
import type { ParsedBody } from './body.ts'
import {
  GuardedRequest,
  type McpDecision,
  type McpServices,
  type Respond,
} from './guarded-request.ts'

/** The functions that read bodies in one framework. `Raw` is the request of the framework. */
export interface BodyReader<Raw extends object> {
  /** Reads the body of a request. `limit` is the maximum number of bytes. */
  read(raw: Raw, limit: number): MaybePromise<ParsedBody>
  /** Returns whether a request has a body that was not read. */
  hasUnread(raw: Raw): MaybePromise<boolean>
}

const NO_HEADERS: ResponseHeaders = Object.freeze({})

/** Begins to guard a request. For a preflight request, which needs no token, returns the complete response. */
export function beginGuard(request: RequestLike, services: McpServices): GuardedRequest | Respond {
  const cors = services.settings.cors?.(request)
  if (cors?.kind === 'respond') return cors
  return new GuardedRequest(request, services, cors?.headers ?? NO_HEADERS)
}

/** Creates the function that decides about requests. It reads the body only after the credentials were checked. */
export function createDecide<Raw extends object>(
  services: McpServices,
  reader: BodyReader<Raw>,
): (request: RequestLike) => Promise<McpDecision> {
  return async (request) => {
    const guarded = beginGuard(request, services)
    if (!(guarded instanceof GuardedRequest)) return guarded
    const refused = await guarded.authenticate()
    if (refused !== undefined) return refused
    const raw = request.raw as Raw
    return guarded.hasOperation
      ? guarded.authorize(await reader.read(raw, services.settings.bodyLimit))
      : guarded.authorizeWithoutBody(await reader.hasUnread(raw))
  }
}
