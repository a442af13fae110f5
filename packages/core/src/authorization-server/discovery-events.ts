import type { CallFailure, DiscoveryFailure } from './describe-failure.ts'

/**
 * Published when the metadata of an issuer contains a new `jwks_uri`. Keys are fetched from the new address.
 *
 * @example
 * ```ts
 * {
 *   type: 'keys_moved',
 *   issuer: 'https://login.example.com/',
 *   from: 'https://login.example.com/jwks',
 *   to: 'https://keys.example.com/jwks',
 * }
 * ```
 */
export interface KeysMovedEvent {
  readonly type: 'keys_moved'
  readonly issuer: string
  /** Previous address, without query. */
  readonly from: string
  /** New address, without query. */
  readonly to: string
}

/**
 * Published when the metadata of an issuer contains a new `introspection_endpoint`. Tokens are introspected at the new
 * address.
 *
 * @example
 * ```ts
 * {
 *   type: 'introspection_moved',
 *   issuer: 'https://login.example.com/',
 *   from: 'https://login.example.com/introspect',
 *   to: 'https://login.example.com/oauth2/introspect',
 * }
 * ```
 */
export interface IntrospectionMovedEvent {
  readonly type: 'introspection_moved'
  readonly issuer: string
  /** Previous address, without query. */
  readonly from: string
  /** New address, without query. */
  readonly to: string
}

/** Event for a new address in the metadata of an issuer. */
export type EndpointMovedEvent = KeysMovedEvent | IntrospectionMovedEvent

/**
 * Published when the metadata of an issuer is unavailable or unusable, but the address of the endpoint is already known. The
 * known address stays in use.
 *
 * @example
 * ```ts
 * {
 *   type: 'discovery_failed',
 *   issuer: 'https://login.example.com/',
 *   failure: 'unreachable',
 *   detail: 'https://login.example.com/.well-known/openid-configuration: no response (ECONNREFUSED)',
 * }
 * ```
 */
export interface DiscoveryFailedEvent extends CallFailure<
  DiscoveryFailure<'jwks_uri' | 'introspection_endpoint'> | 'unexpected'
> {
  readonly type: 'discovery_failed'
  readonly issuer: string
}
