import type { CallFailure } from '../../authorization-server/describe-failure.ts'
import type { IntrospectionFailure } from './introspection-failure.ts'

/**
 * Event: an introspection call got a response.
 *
 * @example
 * ```ts
 * {
 *   type: 'introspection_called',
 *   issuer: 'https://login.example.com/',
 *   active: true,
 *   duration: 0.042,
 * }
 * ```
 */
export interface IntrospectionCalledEvent {
  readonly type: 'introspection_called'
  readonly issuer: string
  /** `true` if the response was active. */
  readonly active: boolean
  /** Duration of the call in seconds. */
  readonly duration: number
}

/**
 * Event: a cached introspection response was used.
 *
 * @example
 * ```ts
 * {
 *   type: 'introspection_cached',
 *   issuer: 'https://login.example.com/',
 *   active: true,
 * }
 * ```
 */
export interface IntrospectionCachedEvent {
  readonly type: 'introspection_cached'
  readonly issuer: string
  /** `true` if the response was active. */
  readonly active: boolean
}

/**
 * Event: an introspection call failed, or its response was not usable.
 *
 * @example
 * ```ts
 * {
 *   type: 'introspection_failed',
 *   issuer: 'https://login.example.com/',
 *   failure: 'status',
 *   detail: 'https://login.example.com/introspect: status 503',
 *   pause: 1,
 *   duration: 0.042,
 * }
 * ```
 */
export interface IntrospectionFailedEvent extends CallFailure<IntrospectionFailure> {
  readonly type: 'introspection_failed'
  readonly issuer: string
  /** Whole seconds from now for which only tokens that were active or verified earlier are introspected. 0: no pause. */
  readonly pause: number
  /** Duration of the call in seconds. */
  readonly duration: number
}

/**
 * Event: a probe was sent. A probe is an introspection call for a token that the issuer has not issued. A probe is sent
 * when the pause after failed calls is over. A probe is also sent after a failed call for a token that was neither active nor
 * verified earlier.
 *
 * @example
 * ```ts
 * {
 *   type: 'introspection_probed',
 *   issuer: 'https://login.example.com/',
 *   answered: true,
 * }
 * ```
 */
export interface IntrospectionProbedEvent {
  readonly type: 'introspection_probed'
  readonly issuer: string
  /** `true` if the probe shows that the endpoint is available. If not, the failure is counted, or the next pause begins. */
  readonly answered: boolean
}

/** An event about introspection. */
export type IntrospectionEvent =
  | IntrospectionCalledEvent
  | IntrospectionCachedEvent
  | IntrospectionFailedEvent
  | IntrospectionProbedEvent
