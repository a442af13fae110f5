import type { CallFailure } from '../../authorization-server/describe-failure.ts'
import type { IntrospectionFailure } from './introspection-failure.ts'

/** An issuer was asked about a token, and has answered. */
export interface IntrospectionCalledEvent {
  readonly type: 'introspection_called'
  readonly issuer: string
  readonly active: boolean
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
  /** Whole seconds for which the issuer is not asked from now on: 0 while the circuit breaker is closed. */
  readonly pause: number
}

/**
 * An issuer was asked about a made-up token of our own: a call for a token that nobody has called active yet had come to
 * nothing, which can be due to that token.
 */
export interface IntrospectionProbedEvent {
  readonly type: 'introspection_probed'
  readonly issuer: string
  /** Whether the issuer has answered. If it has not, the failed call counts. */
  readonly answered: boolean
}

/** What is published about introspection at an issuer. */
export type IntrospectionEvent =
  | IntrospectionCalledEvent
  | IntrospectionCachedEvent
  | IntrospectionFailedEvent
  | IntrospectionProbedEvent
