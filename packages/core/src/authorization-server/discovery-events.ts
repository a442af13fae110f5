import type { CallFailure, DiscoveryFailure } from './describe-failure.ts'

/** The metadata of the issuer names another address of its keys than before. The new one is used. */
export interface KeysMovedEvent {
  readonly type: 'keys_moved'
  readonly issuer: string
  readonly from: string
  readonly to: string
}

/** The metadata of the issuer names another introspection endpoint than before. The new one is used. */
export interface IntrospectionMovedEvent {
  readonly type: 'introspection_moved'
  readonly issuer: string
  readonly from: string
  readonly to: string
}

export type EndpointMovedEvent = KeysMovedEvent | IntrospectionMovedEvent

/** The metadata of the issuer is unavailable or unusable. The known address stays in use. */
export interface DiscoveryFailedEvent extends CallFailure<
  DiscoveryFailure<'jwks_uri' | 'introspection_endpoint'> | 'unexpected'
> {
  readonly type: 'discovery_failed'
  readonly issuer: string
}
