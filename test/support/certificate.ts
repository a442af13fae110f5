import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A certificate that nobody has signed but its own key, and that key, both in PEM. */
export interface SelfSigned {
  readonly cert: string
  readonly key: string
}

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_IDENTIFIER = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17

const ECDSA_WITH_SHA256 = der(
  SEQUENCE,
  der(OBJECT_IDENTIFIER, [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]),
)

/** Makes a certificate (RFC 5280) for one DNS name, good for the decade around now. */
export function selfSigned(name: string): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = der(
    SEQUENCE,
    der(
      SET,
      der(SEQUENCE, der(OBJECT_IDENTIFIER, [0x55, 4, 3]), der(UTF8_STRING, Buffer.from(name))),
    ),
  )
  const year = new Date().getUTCFullYear() % 100
  const time = (y: number) => der(UTC_TIME, Buffer.from(`${String(y).padStart(2, '0')}0101000000Z`))
  const subjectAltName = der(
    SEQUENCE,
    der(OBJECT_IDENTIFIER, [0x55, 0x1d, 0x11]),
    der(OCTET_STRING, der(SEQUENCE, der(0x82, Buffer.from(name)))),
  )
  const content = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, [2])),
    der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    names,
    der(SEQUENCE, time(year - 5), time(year + 5)),
    names,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, der(SEQUENCE, subjectAltName)),
  )
  return {
    cert: pem(der(SEQUENCE, content, ECDSA_WITH_SHA256, signatureOver(content, privateKey))),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  }
}

function signatureOver(content: Buffer, key: KeyObject): Buffer {
  return der(BIT_STRING, [0], sign('sha256', content, key))
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g)!
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function der(tag: number, ...contents: (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(contents.map((part) => Uint8Array.from(part)))
  const { length } = content
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), content])
}
