import type { Fault, TokenErrorCode } from './errors.ts'

/** Members of every event. */
export interface TokenEventBase {
  /** Authorization server: its issuer identifier, or the token endpoint if no issuer is set. */
  readonly server: string
  /** Id of this client. */
  readonly clientId: string
  /** Requested scopes. */
  readonly scope: readonly string[]
  /** Requested APIs, as in `resource`. */
  readonly resource: readonly string[]
  /** Requested API, as in `audience`. */
  readonly audience: string | undefined
}

/** Members of the events for a new token. */
interface NewTokenEvent extends TokenEventBase {
  /** Seconds that the request took, including discovery. */
  readonly duration: number
  /** Maximum time in seconds that the token is cached. */
  readonly lifetime: number
  /** `false` if the token is only returned to the callers that waited for it: `invalidate()` was called, or a limit is reached. */
  readonly cached: boolean
  /** Scopes that were requested and not granted. */
  readonly missingScopes: readonly string[]
}

/** A token was fetched while no valid token was cached. Callers waited for it. */
export interface TokenIssuedEvent extends NewTokenEvent {
  readonly type: 'token_issued'
}

/** A token was replaced before it expired. */
export interface TokenRenewedEvent extends NewTokenEvent {
  readonly type: 'token_renewed'
}

/** A caller got the cached token. */
export interface TokenCachedEvent extends TokenEventBase {
  readonly type: 'token_cached'
}

/** An attempt to get a token failed. Callers are affected only if `covered` is `false`. */
export interface TokenFailedEvent extends TokenEventBase {
  readonly type: 'token_failed'
  readonly code: TokenErrorCode
  readonly fault: Fault
  /** Message and detail of the error, for the log. */
  readonly detail: string
  /** Seconds that the attempt took. */
  readonly duration: number
  /** `true` if a valid token was cached at that time. */
  readonly covered: boolean
}

/** A token was replaced or removed before it expired: an API rejected it, or `invalidate()` was called. */
export interface TokenInvalidatedEvent extends TokenEventBase {
  readonly type: 'token_invalidated'
}

/** Event of a token source. `type` tells the events apart. */
export type TokenEvent =
  | TokenIssuedEvent
  | TokenRenewedEvent
  | TokenCachedEvent
  | TokenFailedEvent
  | TokenInvalidatedEvent
