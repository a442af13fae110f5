import type { CallFailure } from '../authorization-server/describe-failure.ts'
import type {
  DiscoveryFailedEvent,
  EndpointMovedEvent,
} from '../authorization-server/discovery-events.ts'
import type { KeysEvent } from '../keys/key-events.ts'
import type { ResolutionFailure } from '../model/resolution-failure.ts'
import type { ConfigurationWarningEvent } from '../subject/provider-hint.ts'
import type { IntrospectionEvent } from '../token/introspection/introspection-events.ts'

/**
 * Published when the function `resolve` in the option `issuers` has returned a result for an issuer.
 *
 * @example
 * ```ts
 * {
 *   type: 'issuer_resolved',
 *   issuer: 'https://login.example.com/tenants/acme',
 *   trusted: true,
 *   duration: 0.004,
 * }
 * ```
 */
export interface IssuerResolvedEvent {
  readonly type: 'issuer_resolved'
  /** The `iss` of a token. The function `match` accepts it. */
  readonly issuer: string
  /** `true` if `resolve` has returned options for the issuer. `false`: its tokens get 401. */
  readonly trusted: boolean
  /** Seconds that the call took, including the time in which it waited for other calls. */
  readonly duration: number
}

/**
 * Published when the options of an issuer could not be read with the functions `match` and `resolve` in the option
 * `issuers`.
 *
 * @example
 * ```ts
 * {
 *   type: 'issuer_failed',
 *   issuer: 'https://login.example.com/tenants/acme',
 *   failure: 'resolve_timeout',
 *   detail: 'resolve returned no result within 3 s',
 *   duration: 3,
 *   pause: 2,
 *   trusted: true,
 * }
 * ```
 */
export interface IssuerFailedEvent extends CallFailure<Exclude<ResolutionFailure, 'closed'>> {
  readonly type: 'issuer_failed'
  /** The `iss` of a token. */
  readonly issuer: string
  /** Seconds that the call took, including the time in which it waited for other calls. */
  readonly duration: number
  /** Seconds for which `resolve` is not called again for this issuer. */
  readonly pause: number
  /** `true` if earlier options stay in use until their `ttl` is over. `false`: tokens of the issuer get 503. */
  readonly trusted: boolean
}

/**
 * Published when `forgetIssuer` was called.
 *
 * @example
 * ```ts
 * { type: 'issuer_forgotten', issuer: 'https://login.example.com/tenants/acme' }
 * ```
 */
export interface IssuerForgottenEvent {
  readonly type: 'issuer_forgotten'
  /** The issuer that was passed to `forgetIssuer`. */
  readonly issuer: string
}

/** Events about dynamic issuers. */
export type IssuerEvent = IssuerResolvedEvent | IssuerFailedEvent | IssuerForgottenEvent

/**
 * Published when `close()` has closed the resource server. After this event, the server makes no outgoing calls. Cached keys
 * stay in use.
 *
 * @example
 * ```ts
 * { type: 'closed' }
 * ```
 */
export interface ClosedEvent {
  readonly type: 'closed'
}

/**
 * Published when `distrustKey` was called for a key. This resource server never uses the key again.
 *
 * @example
 * ```ts
 * {
 *   type: 'key_distrusted',
 *   issuer: 'https://login.example.com/',
 *   thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
 * }
 * ```
 */
export interface KeyDistrustedEvent {
  readonly type: 'key_distrusted'
  /** The issuer that was passed to `distrustKey`. */
  readonly issuer: string
  /** SHA-256 thumbprint of the key in base64url (RFC 7638). */
  readonly thumbprint: string
}

/** All events about issuers. */
export type IssuersEvent =
  | ClosedEvent
  | KeyDistrustedEvent
  | IssuerEvent
  | KeysEvent
  | IntrospectionEvent
  | EndpointMovedEvent
  | DiscoveryFailedEvent
  | ConfigurationWarningEvent
