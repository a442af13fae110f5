import type { FetchFailure } from '../authorization-server/bounded-fetch.ts'
import type { MetadataError } from '../authorization-server/metadata.ts'
import type { IgnoredKey } from '../keys/key-set.ts'
import type { Reason } from '../outcome/reasons.ts'
import type { Explanation } from '../outcome/rejection.ts'

/** A token was verified: once a request, however many guards ask. */
export interface VerifiedEvent {
  readonly type: 'verified'
  readonly issuer: string
  readonly subjectKind: 'machine' | 'user' | 'unknown'
}

/** A guard refused a request, because of which check. */
export interface RefusedEvent extends Explanation {
  readonly type: 'refused'
  readonly reason: Reason
  readonly status: number
  /** The configured issuer, where it is known which one the token is from. */
  readonly issuer: string | undefined
}

/** The keys of an issuer were fetched. */
export interface KeysRefreshedEvent {
  readonly type: 'keys_refreshed'
  readonly issuer: string
  /** How many keys can verify. */
  readonly keys: number
  /** Those that cannot. A `private_key` among them is an emergency at the authorization server. */
  readonly ignored: readonly IgnoredKey[]
}

/** The keys of an issuer could not be fetched. Keys that are at hand keep serving. */
export interface KeysFailedEvent {
  readonly type: 'keys_failed'
  readonly issuer: string
  readonly failure: FetchFailure | MetadataError['failure'] | 'unusable_key_set'
  /** For people: which address, and what happened. Nothing of a request is in it. */
  readonly detail: string
}

/** What the core reports as it happens. Told apart by `type`. */
export type BearwardEvent = VerifiedEvent | RefusedEvent | KeysRefreshedEvent | KeysFailedEvent

export type EventListener = (event: BearwardEvent) => void
