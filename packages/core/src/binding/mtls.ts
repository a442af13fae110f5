import { sha256OfBytes } from '#sha256'
import type { Clock } from '../lib/clock.ts'
import { ignoreRejection } from '../lib/ignore-rejection.ts'
import { isSameText } from '../lib/is-same-text.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { getMember } from '../lib/objects.ts'
import type { Publish } from '../lib/publisher.ts'
import { headerValues } from '../model/header-values.ts'
import type { RequestLike, SocketLike } from '../model/request-like.ts'
import type { CertificateHeader, MtlsSettings } from '../model/settings.ts'
import { describeType, Rejection } from '../response/rejection.ts'
import type { CertificateIgnoredEvent } from './certificate-event.ts'
import type { CertificateCheck } from './check-binding.ts'
import { readCertificateHeader } from './certificate-header.ts'
import { isCertificate, readPem } from './certificate.ts'
import { getPeerKind, isTrustedProxy } from './trusted-proxies.ts'

/** The parts of a resource server that the check of a certificate needs. */
export interface CertificateServices {
  readonly clock: Clock
  readonly publish: Publish<CertificateIgnoredEvent>
}

/** The result if a request has no usable certificate. `found` describes the reason, for the log. */
class NotFound {
  readonly found: string

  constructor(found: string) {
    this.found = found
  }
}

/** Returns the thumbprint of the certificate of a request. */
type Find = (request: RequestLike, raw: object) => MaybePromise<string | NotFound>

/** Milliseconds between two events about ignored headers. */
const REPORT_INTERVAL = 60_000

/**
 * Creates the check for the option `mtls`. It compares the SHA-256 hash of the client's certificate with the thumbprint in the
 * token. Does NOT check the validity, the names or the issuer of the certificate (RFC 8705 section 6.2).
 */
export function createCertificateCheck(
  { certificate }: MtlsSettings,
  services: CertificateServices,
): CertificateCheck {
  const check = typeof certificate === 'object' ? certificate.header : 'mtls'
  const find = createFinder(certificate, services)
  return (thumbprint, request, raw) =>
    andThen(find(request, raw), (found) => {
      if (found instanceof NotFound) {
        const expected = 'a client certificate'
        return new Rejection('no_certificate', { check, expected, found: found.found })
      }
      if (isSameText(thumbprint, found)) return undefined
      const expected = 'the certificate of the token'
      return new Rejection('wrong_certificate', {
        check,
        expected,
        found: 'a certificate with a different thumbprint',
      })
    })
}

function createFinder(
  certificate: MtlsSettings['certificate'],
  services: CertificateServices,
): Find {
  if (certificate === 'tls') return findInConnection
  return typeof certificate === 'function'
    ? createFunctionFinder(certificate)
    : createHeaderFinder(certificate, services)
}

/**
 * Returns the thumbprint of the certificate of the TLS connection. The thumbprint is not cached: reading and hashing takes a few
 * microseconds, and the certificate of a connection can change in TLS 1.2.
 */
function findInConnection(request: RequestLike): MaybePromise<string | NotFound> {
  const socket = getMember(request, 'socket')
  if (socket === undefined || socket === null) return new NotFound('a request without a connection')
  if (typeof getMember(socket, 'getPeerCertificate') !== 'function') {
    return new NotFound('a connection without TLS')
  }
  // `getPeerX509Certificate` is faster, but only Node has it. Like `getPeerCertificate`, it returns the certificate of the
  // client, never that of a CA.
  const peer: unknown =
    typeof getMember(socket, 'getPeerX509Certificate') === 'function'
      ? socket.getPeerX509Certificate!()
      : socket.getPeerCertificate!()
  // If the client has no certificate, these functions return `undefined`, `null` or an empty object.
  const bytes: unknown = typeof peer === 'object' && peer !== null ? getRaw(peer) : undefined
  return ArrayBuffer.isView(bytes) ? hash(toBytes(bytes)) : NOTHING
}

const NOTHING = new NotFound('nothing')
const MALFORMED = new NotFound('a malformed certificate')

function getRaw(certificate: { readonly raw?: unknown }): unknown {
  return getMember(certificate, 'raw')
}

function toBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function hash(certificate: Uint8Array): MaybePromise<string | NotFound> {
  return isCertificate(certificate) ? sha256OfBytes(certificate) : MALFORMED
}

/**
 * Creates a finder that reads a header only if the peer of the connection is a trusted proxy. The header of any other peer is
 * ignored, because it can be forged.
 */
function createHeaderFinder(
  { header, format, trustedProxies }: CertificateHeader,
  { clock, publish }: CertificateServices,
): Find {
  let reportedAt = -Infinity

  function reportIgnored(socket: SocketLike | undefined, raw: object): void {
    const now = clock.monotonic()
    if (now - reportedAt < REPORT_INTERVAL) return
    reportedAt = now
    publish('certificate_ignored', () => ({ header, peer: getPeerKind(socket) }), raw)
  }

  return (request, raw) => {
    const values = headerValues(request, header)
    if (values.length === 0 || (values.length === 1 && values[0] === '')) return NOTHING
    const socket = getMember(request, 'socket')
    if (!isTrustedProxy(trustedProxies, socket)) {
      reportIgnored(socket, raw)
      return new NotFound('a header of a peer that is not one of trustedProxies')
    }
    if (values.length > 1) return new NotFound('several header lines')
    return andThen(
      readCertificateHeader(format, values[0]!),
      (thumbprint) => thumbprint ?? MALFORMED,
    )
  }
}

/** Creates a finder that calls a function of the application. An error of this function is thrown unchanged. */
function createFunctionFinder(find: (request: never) => unknown): Find {
  return (_request, raw) => {
    const found = find(raw as never)
    if (found === undefined) return NOTHING
    if (typeof found === 'string') {
      const bytes = readPem(found)
      return bytes === undefined ? MALFORMED : hash(bytes)
    }
    if (ArrayBuffer.isView(found)) return hash(toBytes(found))
    ignoreRejection(found)
    throw new TypeError(
      `mtls.certificate must return the bytes of a certificate in DER, a PEM string or undefined synchronously, not ${describeType(found)}.`,
    )
  }
}
