import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import type { TestKey } from '../support/keys.ts'

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_IDENTIFIER = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const context = (tag: number) => 0xa0 + tag

const OIDS = {
  commonName: '550403',
  ecdsaWithSha256: '2a8648ce3d040302',
  rsassaPss: '2a864886f70d01010a',
  mgf1: '2a864886f70d010108',
  sha1: '2b0e03021a',
  sha256: '608648016503040201',
}

/** A certificate that a key has signed for itself (RFC 5280 section 4.1), as a header would carry it. */
export function selfSignedCertificate(key: TestKey): {
  readonly x5c: string
  readonly x5t: string
  readonly 'x5t#S256': string
} {
  const algorithm = der(SEQUENCE, oid('ecdsaWithSha256'))
  const commonName = der(SEQUENCE, oid('commonName'), der(UTF8_STRING, Buffer.from('attacker')))
  const name = der(SEQUENCE, der(SET, commonName))
  const validity = ['200101000000Z', '491231235959Z'].map((time) =>
    der(UTC_TIME, Buffer.from(time)),
  )
  const toBeSigned = der(
    SEQUENCE,
    der(context(0), der(INTEGER, Buffer.of(2))),
    der(INTEGER, Buffer.of(1)),
    algorithm,
    name,
    der(SEQUENCE, ...validity),
    name,
    key.publicKey.export({ format: 'der', type: 'spki' }),
  )
  const signature = sign('sha256', toBeSigned, key.privateKey)
  const certificate = der(SEQUENCE, toBeSigned, algorithm, der(BIT_STRING, Buffer.of(0), signature))
  const thumbprint = (hash: string) => createHash(hash).update(certificate).digest('base64url')
  return {
    x5c: certificate.toString('base64'),
    x5t: thumbprint('sha1'),
    'x5t#S256': thumbprint('sha256'),
  }
}

/** The same RSA key, for PSS signatures with SHA-256 whose mask is made with SHA-1 (RFC 4055 section 3.1). */
export function withSha1Mask(privateKey: KeyObject): KeyObject {
  const parameters = der(
    SEQUENCE,
    der(context(0), der(SEQUENCE, oid('sha256'))),
    der(context(1), der(SEQUENCE, oid('mgf1'), der(SEQUENCE, oid('sha1')))),
    der(context(2), der(INTEGER, Buffer.of(32))),
  )
  const pkcs8 = der(
    SEQUENCE,
    der(INTEGER, Buffer.of(0)),
    der(SEQUENCE, oid('rsassaPss'), parameters),
    der(OCTET_STRING, privateKey.export({ format: 'der', type: 'pkcs1' })),
  )
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
}

function oid(name: keyof typeof OIDS): Buffer {
  return der(OBJECT_IDENTIFIER, Buffer.from(OIDS[name], 'hex'))
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}
