import { sign } from 'node:crypto'
import type { ServerCertificate } from '../support/faulty-server.ts'
import { generateKey } from '../support/keys.ts'

const DAY = 86_400_000

/** What a certificate is for. Days are counted from now. */
export interface CertificateOptions {
  /** The one name or address that it names. */
  readonly subject: { readonly address: readonly number[] } | { readonly name: string }
  readonly notBefore?: number
  readonly notAfter?: number
}

/** Makes a key, and a certificate that it has signed for itself (RFC 5280 section 4.1). */
export function selfSigned(options: CertificateOptions): ServerCertificate {
  const { subject, notBefore = -1, notAfter = 1 } = options
  const key = generateKey('ES256')
  const ecdsaWithSha256 = der(0x30, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
  const commonName = der(0x06, Buffer.from('550403', 'hex'))
  const name = der(0x30, der(0x31, der(0x30, commonName, der(0x0c, Buffer.from('test')))))
  const validity = [notBefore, notAfter].map((days) => der(0x17, Buffer.from(timeIn(days))))
  const altName =
    'name' in subject
      ? der(0x82, Buffer.from(subject.name))
      : der(0x87, Buffer.from(subject.address))
  const subjectAltName = der(
    0x30,
    der(0x06, Buffer.from('551d11', 'hex')),
    der(0x04, der(0x30, altName)),
  )
  const toBeSigned = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    ecdsaWithSha256,
    name,
    der(0x30, ...validity),
    name,
    key.publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, der(0x30, subjectAltName)),
  )
  const signature = der(0x03, Buffer.of(0), sign('sha256', toBeSigned, key.privateKey))
  const certificate = der(0x30, toBeSigned, ecdsaWithSha256, signature).toString('base64')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
    key: key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  }
}

/** A UTCTime, such as 300101000000Z. */
function timeIn(days: number): string {
  const time = new Date(Date.now() + days * DAY).toISOString()
  return `${time.slice(2, 19).replace(/[-T:]/g, '')}Z`
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}
