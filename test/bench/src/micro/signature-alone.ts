import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import type { TokenPool } from '../token-pool.ts'
import type { Contestant } from './contestant.ts'

/**
 * The floor: one `crypto.verify` a token in the cheapest form there is, a bare `KeyObject` (Node 24 charges
 * for an options object around it) and the signature as OpenSSL wants it, made ready beforehand. It reads no
 * claim, and no verifier that is built on Node can be faster.
 */
export const signatureAlone: Contestant = (pool) => {
  const jwk = createPublicKey({ key: pool.jwk as JsonWebKey, format: 'jwk' })
  const key = pool.algorithm === 'PS256' ? forPssWithSha256(jwk) : jwk
  const hash = pool.algorithm === 'EdDSA' ? null : 'sha256'
  const ready = Array.from({ length: pool.count }, (_, index) => splitToken(pool, index))
  return (index) => {
    const { input, signature } = ready[index]!
    return verify(hash, input, key, signature)
  }
}

function splitToken(pool: TokenPool, index: number): { input: Buffer; signature: Buffer } {
  const token = pool.token(index)
  const dot = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(dot + 1), 'base64url')
  return {
    input: Buffer.from(token.slice(0, dot), 'latin1'),
    signature: pool.algorithm === 'ES256' ? inDer(signature) : signature,
  }
}

/** An ECDSA signature of RFC 7518 section 3.4 as a SEQUENCE of two INTEGERs. */
function inDer(signature: Buffer): Buffer {
  const numbers = [signature.subarray(0, 32), signature.subarray(32)].map((number) => {
    const start = number.findIndex((byte) => byte !== 0)
    const shortest = number.subarray(start)
    const positive = shortest[0]! < 0x80 ? shortest : Buffer.concat([Buffer.of(0), shortest])
    return Buffer.concat([Buffer.of(0x02, positive.length), positive])
  })
  const content = Buffer.concat(numbers)
  return Buffer.concat([Buffer.of(0x30, content.length), content])
}

/** The AlgorithmIdentifier of RSASSA-PSS with SHA-256, MGF1 with SHA-256, and a salt of 32 bytes (RFC 4055). */
const PSS_WITH_SHA256 = Buffer.from(
  '304106092a864886f70d01010a3034a00f300d06096086480165030402010500' +
    'a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
  'hex',
)

function forPssWithSha256(key: KeyObject): KeyObject {
  const bits = Buffer.concat([Buffer.of(0), key.export({ format: 'der', type: 'pkcs1' })])
  const bitString = Buffer.concat([long(0x03, bits.length), bits])
  const content = Buffer.concat([PSS_WITH_SHA256, bitString])
  const spki = Buffer.concat([long(0x30, content.length), content])
  return createPublicKey({ key: spki, format: 'der', type: 'spki' })
}

function long(tag: number, length: number): Buffer {
  return Buffer.of(tag, 0x82, length >> 8, length & 0xff)
}
