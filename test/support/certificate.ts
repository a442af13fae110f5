import { type KeyObject, sign } from 'node:crypto'
import {
  BIT_STRING,
  der,
  INTEGER,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  SEQUENCE,
  SET,
  UTC_TIME,
  UTF8_STRING,
} from './der.ts'
import { generateKey } from './keys.ts'

/** What a certificate is for, and when. Days are counted from now. */
export interface CertificateOptions {
  /** The one name or address that it names. */
  readonly subject: { readonly address: readonly number[] } | { readonly name: string }
  readonly notBefore?: number
  readonly notAfter?: number
}

/** The certificate that a server shows, and its key: both PEM. */
export interface ServerCertificate {
  readonly cert: string
  readonly key: string
}

interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const DAY = 86_400_000

const EXPLICIT_VERSION = 0xa0
const EXPLICIT_EXTENSIONS = 0xa3
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87

const ECDSA_WITH_SHA256 = der(SEQUENCE, oid('2a8648ce3d040302'))
const COMMON_NAME = oid('550403')
const SUBJECT_ALT_NAME = oid('551d11')

/** A certificate for a server, whose new key has signed it. */
export function serverCertificate(options: CertificateOptions): ServerCertificate {
  const key = generateKey('ES256')
  const certificate = selfSignedCertificate(key, options).toString('base64')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
    key: key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  }
}

/** A certificate that a key on P-256 has signed for itself (RFC 5280 section 4.1), in DER. */
export function selfSignedCertificate(
  { privateKey, publicKey }: KeyPair,
  options: CertificateOptions = { subject: { name: 'localhost' } },
): Buffer {
  const { subject, notBefore = -1, notAfter = 1 } = options
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from('test')))),
  )
  const validity = [notBefore, notAfter].map((days) => der(UTC_TIME, Buffer.from(timeIn(days))))
  const altName =
    'name' in subject
      ? der(DNS_NAME, Buffer.from(subject.name))
      : der(IP_ADDRESS, Buffer.from(subject.address))
  const extension = der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, der(SEQUENCE, altName)))
  const toBeSigned = der(
    SEQUENCE,
    der(EXPLICIT_VERSION, der(INTEGER, Buffer.of(2))),
    der(INTEGER, Buffer.of(1)),
    ECDSA_WITH_SHA256,
    name,
    der(SEQUENCE, ...validity),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(EXPLICIT_EXTENSIONS, der(SEQUENCE, extension)),
  )
  const signature = der(BIT_STRING, Buffer.of(0), sign('sha256', toBeSigned, privateKey))
  return der(SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, signature)
}

/** A UTCTime, such as 300101000000Z. */
function timeIn(days: number): string {
  const time = new Date(Date.now() + days * DAY).toISOString()
  return `${time.slice(2, 19).replace(/[-T:]/g, '')}Z`
}

function oid(hex: string): Buffer {
  return der(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'))
}
