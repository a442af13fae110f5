import type { CallFailure, DiscoveryFailure } from '../authorization-server/describe-failure.ts'
import type { IntrospectionFailure } from '../introspection/failure.ts'
import type { KeyStatus } from '../keys/key-source.ts'
import type { IgnoredKey } from '../keys/key-set.ts'
import type { Reason } from '../outcome/reasons.ts'
import type { Explanation } from '../outcome/rejection.ts'
import type { WhyUnknown } from '../subject/evidence.ts'
import type { TokenForm } from '../subject/profile.ts'

/** A token was verified: once a request, however many guards ask. */
export interface VerifiedEvent {
  readonly type: 'verified'
  readonly issuer: string
  readonly subjectKind: 'machine' | 'user' | 'unknown'
  /** How the token was judged: here, or by its issuer. */
  readonly origin: TokenForm
  /** Whether the same token was verified before, and that still held. Never where the issuer was asked. */
  readonly remembered: boolean
  /** How it stands with the issuer's keys: `stale` ones are counted by counting these. */
  readonly keys: KeyStatus['state']
}

/** A guard refused a request, because of which check. */
export interface RefusedEvent extends Explanation {
  readonly type: 'refused'
  readonly reason: Reason
  readonly status: number
  /** The configured issuer, where it is known which one the token is from. */
  readonly issuer: string | undefined
}

/** A guard that asks for a kind of subject refused one of which nobody knows what it is. */
export interface SubjectUnknownEvent {
  readonly type: 'subject_unknown'
  readonly issuer: string
  readonly why: WhyUnknown
  /** The rules that contradict each other, or that led here. */
  readonly rules: readonly string[]
  /** The claims that were looked at, by name. */
  readonly claims: readonly string[]
  /** What to configure. A fixed text, in which nothing of the token stands. */
  readonly advice: string
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

/**
 * The keys of an issuer could not be fetched, or what was fetched is no good (`unusable_key_set`) and does
 * not replace what is held. Keys that are held keep serving.
 */
export interface KeysFailedEvent extends CallFailure<
  DiscoveryFailure<'jwks_uri'> | 'unusable_key_set'
> {
  readonly type: 'keys_failed'
  readonly issuer: string
  /** How many attempts have failed in a row. */
  readonly failures: number
}

/** Keys are older than they should be, because they cannot be fetched. They keep serving. */
export interface KeysStaleEvent {
  readonly type: 'keys_stale'
  readonly issuer: string
}

/** The keys were fetched after so many failed attempts. */
export interface KeysRecoveredEvent {
  readonly type: 'keys_recovered'
  readonly issuer: string
  readonly failures: number
}

/** A token made it necessary to fetch the keys: its key is not listed, or may have changed. */
export interface KeysSoughtEvent {
  readonly type: 'keys_sought'
  readonly issuer: string
  readonly because: 'unknown_key' | 'changed_key'
}

/** The metadata of the issuer names another address of its keys than before, which is followed. */
export interface KeysMovedEvent {
  readonly type: 'keys_moved'
  readonly issuer: string
  readonly from: string
  readonly to: string
}

/** The metadata of the issuer could not be had or not be used; the address that is known is. */
export interface DiscoveryFailedEvent extends CallFailure<
  DiscoveryFailure<'jwks_uri' | 'introspection_endpoint'> | 'unexpected'
> {
  readonly type: 'discovery_failed'
  readonly issuer: string
}

/** A key is never used again, because the operator has said so. */
export interface KeyDistrustedEvent {
  readonly type: 'key_distrusted'
  readonly issuer: string
  readonly thumbprint: string
}

/** An issuer was asked about a token, and has answered. */
export interface IntrospectionCalledEvent {
  readonly type: 'introspection_called'
  readonly issuer: string
  readonly active: boolean
}

/** An answer from before was used again. */
export interface IntrospectionCachedEvent {
  readonly type: 'introspection_cached'
  readonly issuer: string
  readonly active: boolean
}

/** An issuer was asked about a token, and no answer came that can be used. */
export interface IntrospectionFailedEvent extends CallFailure<IntrospectionFailure> {
  readonly type: 'introspection_failed'
  readonly issuer: string
  /** Whole seconds for which the issuer is not asked now: 0 while the circuit breaker is closed. */
  readonly pause: number
}

/** The metadata of the issuer names another introspection endpoint than before, which is followed. */
export interface IntrospectionMovedEvent {
  readonly type: 'introspection_moved'
  readonly issuer: string
  readonly from: string
  readonly to: string
}

/** What the core reports as it happens. Told apart by `type`. */
export type BearwardEvent =
  | VerifiedEvent
  | RefusedEvent
  | SubjectUnknownEvent
  | KeysRefreshedEvent
  | KeysFailedEvent
  | KeysStaleEvent
  | KeysRecoveredEvent
  | KeysSoughtEvent
  | KeysMovedEvent
  | DiscoveryFailedEvent
  | KeyDistrustedEvent
  | IntrospectionCalledEvent
  | IntrospectionCachedEvent
  | IntrospectionFailedEvent
  | IntrospectionMovedEvent

/**
 * Is told what happens. `request` is the framework's own request where an event is about one (`verified`, `refused`,
 * `subject_unknown`), for its id or its path: it carries the token, so never log the whole of it.
 */
export type BearwardEventListener<Source extends object = object> = (
  event: BearwardEvent,
  request?: Source,
) => void
