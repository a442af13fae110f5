import { encodeBase64url } from '#base64url'
import { sha256OfBytes } from '#sha256'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { LIMITS } from '../limits.ts'
import type { CertificateFormat } from '../model/settings.ts'
import { readBase64, readPem } from './certificate.ts'

/** Returns the thumbprint of the certificate in the value of a header, or `undefined` if the value is malformed. */
type ReadHeader = (value: string) => MaybePromise<string | undefined>

const READERS: Readonly<Record<CertificateFormat, ReadHeader>> = {
  rfc9440: (value) => hash(readByteSequence(value)),
  'pem-urlencoded': (value) => hash(readEncodedPem(value)),
  xfcc: readXfcc,
}

/**
 * Returns the thumbprint of the certificate in the value of a header. Returns `undefined` if the value is malformed, is too long,
 * or contains several certificates. Never throws.
 */
export function readCertificateHeader(
  format: CertificateFormat,
  value: string,
): MaybePromise<string | undefined> {
  return value.length > LIMITS.certificateHeader ? undefined : READERS[format](value)
}

function hash(certificate: Uint8Array | undefined): MaybePromise<string | undefined> {
  return certificate && sha256OfBytes(certificate)
}

/** Reads a byte sequence without parameters, as in structured fields (RFC 9440 section 2.1): `:base64:`. */
function readByteSequence(value: string): Uint8Array | undefined {
  const isDelimited = value.length > 1 && value.startsWith(':') && value.endsWith(':')
  return isDelimited ? readBase64(value.slice(1, -1)) : undefined
}

/** Reads a percent-encoded PEM. A `+` stays a plus sign, because it is a character of base64. */
function readEncodedPem(value: string): Uint8Array | undefined {
  try {
    return readPem(decodeURIComponent(value))
  } catch {
    return undefined
  }
}

/**
 * Matches one `key=value` pair, and the `;` or the end after it. In a quoted value, a backslash can stand before any character and
 * is then removed.
 */
const PAIR = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))(;|$)/y

/**
 * Reads `X-Forwarded-Client-Cert` of Envoy. The header must have exactly one element. If it has several elements, a certificate
 * can belong to a client of another proxy. `Hash` is the SHA-256 hash of the certificate in hex. `Cert` is the percent-encoded
 * PEM. If both are present, `Hash` must be the hash of `Cert`.
 *
 * `URI` and `DNS` contain unquoted values that the client chooses. A pair after `URI` or `DNS` could be a part of such a value, so
 * `Hash` and `Cert` must come first.
 */
function readXfcc(value: string): MaybePromise<string | undefined> {
  const pairs = readPairs(value)
  if (pairs === undefined) return undefined
  const { hash: hex, cert } = pairs
  const hashed = hex === undefined ? undefined : readHex(hex)
  if (cert === undefined) return hashed
  const certificate = readEncodedPem(cert)
  if (certificate === undefined) return undefined
  return andThen(sha256OfBytes(certificate), (thumbprint) =>
    hex === undefined || hashed === thumbprint ? thumbprint : undefined,
  )
}

interface Pairs {
  hash?: string
  cert?: string
}

function readPairs(value: string): Pairs | undefined {
  const pairs: Pairs = Object.create(null) as Pairs
  let isChosenByClient = false
  let separator = ';'
  PAIR.lastIndex = 0
  while (separator !== '') {
    const match = PAIR.exec(value)
    if (match === null) return undefined
    const [, key, quoted, plain, end] = match
    const name = key!.toLowerCase()
    if (name === 'hash' || name === 'cert') {
      if (isChosenByClient || pairs[name] !== undefined) return undefined
      pairs[name] = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain!
    }
    isChosenByClient ||= name === 'uri' || name === 'dns'
    separator = end!
  }
  return pairs
}

/** Converts a SHA-256 hash from hex to base64url. */
function readHex(hex: string): string | undefined {
  if (!/^[0-9a-f]{64}$/i.test(hex)) return undefined
  return encodeBase64url(Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16)))
}
