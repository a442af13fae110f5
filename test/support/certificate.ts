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

/** Subject and validity of a certificate. */
export interface CertificateOptions {
  /** The only name or IP address in the certificate. */
  readonly subject: { readonly address: readonly number[] } | { readonly name: string }
  /**
   * Start of the validity, in days from now.
   *
   * @default -1
   */
  readonly notBefore?: number
  /**
   * End of the validity, in days from now.
   *
   * @default 1
   */
  readonly notAfter?: number
}

/** Certificate and its private key, both in PEM. */
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

const ECDSA_WITH_SHA256 = der(SEQUENCE, toOid('2a8648ce3d040302'))
const COMMON_NAME = toOid('550403')
const SUBJECT_ALT_NAME = toOid('551d11')

/** Creates a key and a self-signed certificate, for a server or a client. */
export function serverCertificate(options: CertificateOptions): ServerCertificate {
  const key = generateKey('ES256')
  const certificate = selfSignedCertificate(key, options).toString('base64')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
    key: key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  }
}

/** Returns a self-signed certificate in DER (RFC 5280 section 4.1). The key must be on P-256. */
export function selfSignedCertificate(
  { privateKey, publicKey }: KeyPair,
  options: CertificateOptions = { subject: { name: 'localhost' } },
): Buffer {
  const { subject, notBefore = -1, notAfter = 1 } = options
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from('test')))),
  )
  const validity = [notBefore, notAfter].map((days) => der(UTC_TIME, Buffer.from(toUtcTime(days))))
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

/** Returns the time that is `days` days from now as a UTCTime, for example 300101000000Z. */
function toUtcTime(days: number): string {
  const time = new Date(Date.now() + days * DAY).toISOString()
  return `${time.slice(2, 19).replace(/[-T:]/g, '')}Z`
}

function toOid(hex: string): Buffer {
  return der(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'))
}
