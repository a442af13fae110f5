import type { CallFailure } from '../../authorization-server/describe-failure.ts'
import type { IntrospectionFailure } from './introspection-failure.ts'

/** An issuer was asked about a token, and has answered. */
export interface IntrospectionCalledEvent {
  readonly type: 'introspection_called'
  readonly issuer: string
  readonly active: boolean
  /** Seconds that the call has taken. */
  readonly duration: number
}

/** An earlier answer of an issuer was used again. */
export interface IntrospectionCachedEvent {
  readonly type: 'introspection_cached'
  readonly issuer: string
  readonly active: boolean
}

/** An issuer was asked about a token, and gave no usable answer. */
export interface IntrospectionFailedEvent extends CallFailure<IntrospectionFailure> {
  readonly type: 'introspection_failed'
  readonly issuer: string
  /** Whole seconds for which unknown tokens are not introspected from now on. */
  readonly pause: number
  /** Seconds that the call has taken. */
  readonly duration: number
}

/**
 * An issuer was asked about a made-up token of our own, because a call for an unknown token had failed, or because the pause
 * after failed calls was over.
 */
export interface IntrospectionProbedEvent {
  readonly type: 'introspection_probed'
  readonly issuer: string
  /** True if the endpoint has answered. If it has not, the failed call counts, or the next pause begins. */
  readonly answered: boolean
}

/** The events about introspection at an issuer. */
export type IntrospectionEvent =
  | IntrospectionCalledEvent
  | IntrospectionCachedEvent
  | IntrospectionFailedEvent
  | IntrospectionProbedEvent
