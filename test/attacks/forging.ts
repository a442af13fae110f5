import { type KeyObject, sign } from 'node:crypto'
import type { TestIssuer } from '../support/issuer.ts'
import { signBytes, type TestKey } from '../support/keys.ts'
import { encodePart } from '../support/tokens.ts'

export type Parts = readonly [header: string, payload: string, signature: string]

export function partsOf(token: string): Parts {
  return token.split('.') as unknown as Parts
}

/** The claims of a good token of this issuer, to be bent. */
export function goodClaims(issuer: TestIssuer): Record<string, unknown> {
  return decodePart(partsOf(issuer.token())[1])
}

/** The header of a good token of this issuer, to be bent. */
export function goodHeader(issuer: TestIssuer, key: TestKey = issuer.keys[0]!) {
  return decodePart(partsOf(issuer.token({ key }))[0])
}

function decodePart(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
}

/** An object as JSON text whose last member is written as it stands, replacing one of the same name. */
export function jsonWith(object: object, name: string, text: string): string {
  return `${JSON.stringify({ ...object, [name]: undefined }).slice(0, -1)},"${name}":${text}}`
}

/** A good token of this issuer but for one claim, whose value is written as it stands. */
export function tokenWithClaim(issuer: TestIssuer, name: string, text: string): string {
  return issuer.token({ claims: jsonWith(goodClaims(issuer), name, text) })
}

/** A good token of this issuer but for one header parameter, whose value is written as it stands. */
export function tokenWithParameter(issuer: TestIssuer, name: string, text: string): string {
  return issuer.token({ header: jsonWith(goodHeader(issuer), name, text) })
}

/** Signs text as it stands, dots and all, as the issuer would. */
export function signText(input: string, key: TestKey): string {
  return `${input}.${signBytes(key.alg, key.privateKey, Buffer.from(input)).toString('base64url')}`
}

/** The same token with another signature, which is made of the good one or of what it covers. */
export function withSignature(
  token: string,
  make: (signature: Buffer, input: Buffer) => Uint8Array,
): string {
  const [header, payload, signature] = partsOf(token)
  const made = make(Buffer.from(signature, 'base64url'), Buffer.from(`${header}.${payload}`))
  return `${header}.${payload}.${Buffer.from(made).toString('base64url')}`
}

/** The key of an issuer for one algorithm. */
export function keyOf(issuer: TestIssuer, alg: string): TestKey {
  return issuer.keys.find((key) => key.alg === alg)!
}

/** Makes another signature out of the good one, or out of what it covers. */
export type Forgery = (signature: Buffer, input: Buffer, key: TestKey) => Uint8Array

/** A good token by the issuer's key for an algorithm, under a forged signature. */
export function forgery(issuer: TestIssuer, alg: string, forge: Forgery): string {
  const key = keyOf(issuer, alg)
  return withSignature(issuer.token({ key }), (signature, input) => forge(signature, input, key))
}

/** A good token, filled up to exactly this many characters. */
export function tokenOfLength(issuer: TestIssuer, length: number): string {
  const claims = goodClaims(issuer)
  // Some lengths of one part do not exist in base64url; the header makes up for them.
  for (const fill of ['', 'x', 'xx', 'xxx']) {
    const header = { ...goodHeader(issuer), fill }
    const rest = length - encodePart(header).length - '..'.length - SIGNATURE_LENGTH
    const spare = Math.floor((rest * 3) / 4) - JSON.stringify({ ...claims, pad: '' }).length
    const token = issuer.token({ header, claims: { ...claims, pad: 'p'.repeat(spare) } })
    if (token.length === length) return token
  }
  throw new RangeError(`no token has ${length} characters`)
}

/** Of an ES256 signature, in characters. */
const SIGNATURE_LENGTH = 86

export function bytesOfBigInt(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
}

export function bigIntOfBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
}

/** A certificate in which a key vouches for itself (RFC 5280 section 4.1), in DER. */
export function selfSignedCertificate(key: {
  privateKey: KeyObject
  publicKey: KeyObject
}): Buffer {
  const algorithm = der(0x30, der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
  const commonName = der(0x30, der(0x06, [0x55, 0x04, 0x03]), der(0x0c, Buffer.from('issuer')))
  const name = der(0x30, der(0x31, commonName))
  const time = (text: string) => der(0x17, Buffer.from(text))
  const body = der(
    0x30,
    der(0xa0, der(0x02, [2])),
    der(0x02, [1]),
    algorithm,
    name,
    der(0x30, time('200101000000Z'), time('491231235959Z')),
    name,
    key.publicKey.export({ format: 'der', type: 'spki' }),
  )
  return der(0x30, body, algorithm, der(0x03, [0], sign('sha256', body, key.privateKey)))
}

function der(tag: number, ...contents: (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(contents.map((part) => Uint8Array.from(part)))
  const { length } = content
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}
