import type { PeerKind } from './trusted-proxies.ts'

/**
 * Published when a header with a client certificate was ignored, because the peer of the connection is not one of
 * `trustedProxies`. Published at most once a minute. The event does not contain the certificate.
 *
 * @example
 * ```ts
 * { type: 'certificate_ignored', header: 'client-cert', peer: 'ipv4' }
 * ```
 */
export interface CertificateIgnoredEvent {
  readonly type: 'certificate_ignored'
  /** The name of the header, as in the option `mtls`, in lower case. */
  readonly header: string
  /** The kind of the peer's address. `unix`: a Unix socket. `unknown`: the connection has no address. */
  readonly peer: PeerKind
}
