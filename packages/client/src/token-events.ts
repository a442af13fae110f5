import type { Fault, TokenErrorCode } from './errors.ts'

/** Members of all events. */
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
  /** Duration of the successful attempt in seconds, including discovery and the wait for earlier requests. */
  readonly duration: number
  /** Maximum time in seconds for which the token is cached. */
  readonly lifetime: number
  /**
   * `false` if only the waiting callers get the token, because `invalidate()` was called meanwhile or the maximum number of
   * cached tokens is reached.
   */
  readonly cached: boolean
  /** Scopes that were requested and not granted. */
  readonly missingScopes: readonly string[]
}

/**
 * Published when a token was received while no valid token was cached.
 *
 * @example
 * ```ts
 * {
 *   type: 'token_issued',
 *   server: 'https://login.example.com/',
 *   clientId: 'reports-cron',
 *   scope: ['read:reports'],
 *   resource: ['https://api.example.com'],
 *   audience: undefined,
 *   duration: 0.12,
 *   lifetime: 3600,
 *   cached: true,
 *   missingScopes: [],
 * }
 * ```
 */
export interface TokenIssuedEvent extends NewTokenEvent {
  readonly type: 'token_issued'
}

/**
 * Published when a new token replaced the cached token before it expired.
 *
 * @example
 * ```ts
 * {
 *   type: 'token_renewed',
 *   server: 'https://login.example.com/',
 *   clientId: 'reports-cron',
 *   scope: ['read:reports'],
 *   resource: ['https://api.example.com'],
 *   audience: undefined,
 *   duration: 0.08,
 *   lifetime: 3600,
 *   cached: true,
 *   missingScopes: [],
 * }
 * ```
 */
export interface TokenRenewedEvent extends NewTokenEvent {
  readonly type: 'token_renewed'
}

/**
 * Published when a caller got the cached token.
 *
 * @example
 * ```ts
 * {
 *   type: 'token_cached',
 *   server: 'https://login.example.com/',
 *   clientId: 'reports-cron',
 *   scope: ['read:reports'],
 *   resource: ['https://api.example.com'],
 *   audience: undefined,
 * }
 * ```
 */
export interface TokenCachedEvent extends TokenEventBase {
  readonly type: 'token_cached'
}

/**
 * Published when a token request failed. Callers are affected only if `covered` is `false`.
 *
 * @example
 * ```ts
 * {
 *   type: 'token_failed',
 *   server: 'https://login.example.com/',
 *   clientId: 'reports-cron',
 *   scope: ['read:reports'],
 *   resource: ['https://api.example.com'],
 *   audience: undefined,
 *   code: 'unreachable',
 *   fault: 'network',
 *   detail:
 *     'unreachable: The authorization server is unreachable. Check the URL, DNS, proxy, firewall and certificates. The ' +
 *     'property detail contains the system error code. (https://login.example.com/token: no response (ECONNREFUSED))',
 *   duration: 0.03,
 *   covered: true,
 * }
 * ```
 */
export interface TokenFailedEvent extends TokenEventBase {
  readonly type: 'token_failed'
  /** Code of the error. */
  readonly code: TokenErrorCode
  /** Cause of the failure: the configuration of this client, the authorization server, or the network. */
  readonly fault: Fault
  /** Message of the error, with its `detail` in parentheses. For the log. */
  readonly detail: string
  /** Duration of the attempt in seconds. */
  readonly duration: number
  /** `true` if a valid token was cached when the attempt failed. */
  readonly covered: boolean
}

/**
 * Published when an API rejected the token in `source.fetch`, or when `invalidate()` removed it. After a rejection in
 * `source.fetch`, the token stays in use for other APIs until a new token arrives.
 *
 * @example
 * ```ts
 * {
 *   type: 'token_invalidated',
 *   server: 'https://login.example.com/',
 *   clientId: 'reports-cron',
 *   scope: ['read:reports'],
 *   resource: ['https://api.example.com'],
 *   audience: undefined,
 * }
 * ```
 */
export interface TokenInvalidatedEvent extends TokenEventBase {
  readonly type: 'token_invalidated'
}

/** Event of a token source. `type` is the name of the event. */
export type TokenEvent =
  | TokenIssuedEvent
  | TokenRenewedEvent
  | TokenCachedEvent
  | TokenFailedEvent
  | TokenInvalidatedEvent
