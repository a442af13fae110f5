import type { Fault, TokenErrorCode } from './errors.ts'

interface Common {
  /** The server that is asked: its issuer identifier, or its token endpoint where that is all that is known. */
  readonly server: string
  readonly clientId: string
  /** What the token is for, as it was asked for. */
  readonly resource: readonly string[]
  readonly audience: string | undefined
}

interface Granted extends Common {
  /** Seconds that the request took, discovery included. */
  readonly duration: number
  /** Seconds for which the token is held at most. */
  readonly lifetime: number
  /** What was asked for and not granted. Empty where all was. */
  readonly missingScopes: readonly string[]
}

/** There was no token, callers waited, and one has come. */
export interface TokenRequestedEvent extends Granted {
  readonly type: 'token_requested'
}

/** A token was replaced ahead of its end. Nobody waited. */
export interface TokenRenewedEvent extends Granted {
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
  readonly duration: number
  /** Whether a good token was held at that time. */
  readonly covered: boolean
}

/** A token was dropped before its end, because it was said to be rejected. */
export interface TokenInvalidatedEvent extends Common {
  readonly type: 'token_invalidated'
}

/** What a token source reports as it happens. Told apart by `type`. */
export type TokenEvent =
  | TokenRequestedEvent
  | TokenRenewedEvent
  | TokenCachedEvent
  | TokenFailedEvent
  | TokenInvalidatedEvent

/** How often each has happened, since the source was made. */
export interface TokenCounters {
  readonly requested: number
  readonly renewed: number
  readonly cached: number
  readonly failed: number
  /** Seconds that all requests together have taken. */
  readonly duration: number
}
