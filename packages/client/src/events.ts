import type { Fault, TokenErrorCode } from './errors.ts'

interface Common {
  /** The server that is asked: its issuer identifier, or its token endpoint where that is all that is known. */
  readonly server: string
  /** Who asks. */
  readonly clientId: string
  /** The scopes that were asked for. */
  readonly scope: readonly string[]
  /** The APIs that the token was asked for, as `resource` names them. */
  readonly resource: readonly string[]
  /** The same where it is called so. */
  readonly audience: string | undefined
}

interface Issued extends Common {
  /** Seconds that the request took, discovery included. */
  readonly duration: number
  /** Seconds for which the token is held at most. */
  readonly lifetime: number
  /** What was asked for and not granted. Empty where all was. */
  readonly missingScopes: readonly string[]
}

/** There was no token, callers waited, and one has come. */
export interface TokenIssuedEvent extends Issued {
  readonly type: 'token_issued'
}

/** A token was replaced ahead of its end. */
export interface TokenRenewedEvent extends Issued {
  readonly type: 'token_renewed'
}

/** A caller was given a token that is held. */
export interface TokenCachedEvent extends Common {
  readonly type: 'token_cached'
}

/** One attempt to get a token has failed. Callers have noticed only if none was held. */
export interface TokenFailedEvent extends Common {
  readonly type: 'token_failed'
  readonly code: TokenErrorCode
  readonly fault: Fault
  /** For people: what to check, and what was there. */
  readonly detail: string
  /** Seconds that the attempt took. */
  readonly duration: number
  /** Whether a good token was held at that time. */
  readonly covered: boolean
}

/** A token is not used to its end: an API has rejected it, or it was dropped by hand. */
export interface TokenInvalidatedEvent extends Common {
  readonly type: 'token_invalidated'
}

/** What a token source reports as it happens. Told apart by `type`. */
export type TokenEvent =
  | TokenIssuedEvent
  | TokenRenewedEvent
  | TokenCachedEvent
  | TokenFailedEvent
  | TokenInvalidatedEvent

/** How often each has happened, since the source was made. */
export interface TokenCounters {
  readonly issued: number
  readonly renewed: number
  readonly cached: number
  readonly failed: number
  readonly invalidated: number
  /** Seconds that all requests together have taken. */
  readonly duration: number
}
