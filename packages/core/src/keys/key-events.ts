import type { CallFailure, DiscoveryFailure } from '../authorization-server/describe-failure.ts'
import type { IgnoredKey } from './key-set.ts'
import type { DemandTrigger } from './life-cycle.ts'

/**
 * Published when the keys of an issuer were fetched.
 *
 * @example
 * ```ts
 * {
 *   type: 'keys_refreshed',
 *   issuer: 'https://login.example.com/',
 *   keys: 2,
 *   ignored: [{ index: 2, reason: 'not_for_verification' }],
 *   duration: 0.18,
 * }
 * ```
 */
export interface KeysRefreshedEvent {
  readonly type: 'keys_refreshed'
  readonly issuer: string
  /** Number of keys that can verify signatures. */
  readonly keys: number
  /**
   * Keys that are not used. The reason `private_key` means that the authorization server publishes a private key: replace
   * that key immediately.
   */
  readonly ignored: readonly IgnoredKey[]
  /** Seconds that the attempt took, discovery included. */
  readonly duration: number
}

/**
 * Published when the keys of an issuer could not be fetched, or the fetched key set is unusable (`unusable_key_set`). The
 * current keys stay in use until their age is `jwksStaleIfError`.
 *
 * @example
 * ```ts
 * {
 *   type: 'keys_failed',
 *   issuer: 'https://login.example.com/',
 *   failure: 'status',
 *   detail: 'https://login.example.com/jwks: status 502',
 *   failures: 2,
 *   duration: 0.21,
 *   keys: 'fresh',
 * }
 * ```
 */
export interface KeysFailedEvent extends CallFailure<
  DiscoveryFailure<'jwks_uri'> | 'unusable_key_set'
> {
  readonly type: 'keys_failed'
  readonly issuer: string
  /** Number of attempts that have failed in a row. */
  readonly failures: number
  /** Seconds that the attempt took, discovery included. */
  readonly duration: number
  /** State of the current keys. `unavailable`: no keys can be used, and requests that need keys get 503. */
  readonly keys: 'fresh' | 'stale' | 'unavailable'
}

/**
 * Published when the keys reach their maximum age, and were not refreshed in time. The maximum age is `jwksMaxAge`,
 * or less if `Cache-Control` shortens it. The keys stay in use until their age is `jwksStaleIfError`.
 *
 * @example
 * ```ts
 * { type: 'keys_stale', issuer: 'https://login.example.com/', usableFor: 85_800 }
 * ```
 */
export interface KeysStaleEvent {
  readonly type: 'keys_stale'
  readonly issuer: string
  /** Seconds for which the keys stay in use if no newer keys can be fetched: until their age is `jwksStaleIfError`. */
  readonly usableFor: number
}

/**
 * Published when the keys were fetched after failed attempts.
 *
 * @example
 * ```ts
 * { type: 'keys_recovered', issuer: 'https://login.example.com/', failures: 3 }
 * ```
 */
export interface KeysRecoveredEvent {
  readonly type: 'keys_recovered'
  readonly issuer: string
  /** Number of attempts that had failed in a row. */
  readonly failures: number
}

/**
 * Published when a token triggers a fetch of the keys, because no current key has signed the token.
 *
 * @example
 * ```ts
 * {
 *   type: 'keys_refresh_triggered',
 *   issuer: 'https://login.example.com/',
 *   trigger: 'unknown_key',
 * }
 * ```
 */
export interface KeysRefreshTriggeredEvent {
  readonly type: 'keys_refresh_triggered'
  readonly issuer: string
  /** `unknown_key`: no key matches the token. `changed_key`: a key has the `kid` of the token, but did not sign the token. */
  readonly trigger: DemandTrigger
}

/** Events about the keys of an issuer. */
export type KeysEvent =
  | KeysRefreshedEvent
  | KeysFailedEvent
  | KeysStaleEvent
  | KeysRecoveredEvent
  | KeysRefreshTriggeredEvent
