import type { CallFailure, DiscoveryFailure } from '../authorization-server/describe-failure.ts'
import type { IgnoredKey } from './key-set.ts'
import type { DemandTrigger } from './life-cycle.ts'

/** The keys of an issuer were fetched. */
export interface KeysRefreshedEvent {
  readonly type: 'keys_refreshed'
  readonly issuer: string
  /** The number of keys that can verify. */
  readonly keys: number
  /** Keys that cannot. A `private_key` among them is an emergency at the authorization server. */
  readonly ignored: readonly IgnoredKey[]
  /** Seconds that the attempt has taken, discovery included. */
  readonly duration: number
}

/**
 * The keys of an issuer could not be fetched, or the fetched set is unusable (`unusable_key_set`) and does not
 * replace the current one. The current keys stay in use.
 */
export interface KeysFailedEvent extends CallFailure<
  DiscoveryFailure<'jwks_uri'> | 'unusable_key_set'
> {
  readonly type: 'keys_failed'
  readonly issuer: string
  /** The number of attempts that have failed in a row. */
  readonly failures: number
  /** Seconds that the attempt has taken, discovery included. */
  readonly duration: number
  /** The state of the keys from before. `unavailable`: there are none, and requests get 503. */
  readonly keys: 'fresh' | 'stale' | 'unavailable'
}

/** The keys are older than `jwksMaxAge`, because they cannot be fetched. They stay in use. */
export interface KeysStaleEvent {
  readonly type: 'keys_stale'
  readonly issuer: string
  /** Seconds for which they stay in use, if they cannot be fetched: until `jwksStaleIfError`. */
  readonly usableFor: number
}

/** The keys were fetched after failed attempts. */
export interface KeysRecoveredEvent {
  readonly type: 'keys_recovered'
  readonly issuer: string
  /** The number of attempts that had failed in a row. */
  readonly failures: number
}

/** A token started a fetch of the keys: its key is not listed, or may have changed. */
export interface KeysRefreshTriggeredEvent {
  readonly type: 'keys_refresh_triggered'
  readonly issuer: string
  readonly trigger: DemandTrigger
}

/** The events about the keys of an issuer. */
export type KeysEvent =
  | KeysRefreshedEvent
  | KeysFailedEvent
  | KeysStaleEvent
  | KeysRecoveredEvent
  | KeysRefreshTriggeredEvent
