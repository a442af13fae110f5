import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import type { TokenPool } from '../token-pool.ts'
import type { Contestant } from './contestant.ts'

/**
 * Calls `crypto.verify` once per token, and reads no claims. A verifier that is built on Node cannot be faster. The key is
 * a plain `KeyObject`, because an options object costs time on Node 24. The signatures are prepared in the format of
 * OpenSSL.
 */
export const signatureAlone: Contestant = (pool) => {
  const jwk = createPublicKey({ key: pool.jwk as JsonWebKey, format: 'jwk' })
  const key = pool.algorithm === 'PS256' ? toPssKey(jwk) : jwk
  const hash = pool.algorithm === 'EdDSA' ? null : 'sha256'
  const parts = Array.from({ length: pool.count }, (_, index) => readParts(pool, index))
  return (index) => {
    const { input, signature } = parts[index]!
    return verify(hash, input, key, signature)
  }
}

function readParts(pool: TokenPool, index: number): { input: Buffer; signature: Buffer } {
  const token = pool.token(index)
  const dot = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(dot + 1), 'base64url')
  return {
    input: Buffer.from(token.slice(0, dot), 'latin1'),
    signature: pool.algorithm === 'ES256' ? toDer(signature) : signature,
  }
}

/** Converts an ECDSA signature (RFC 7518 section 3.4) to DER: a SEQUENCE of two INTEGERs. */
function toDer(signature: Buffer): Buffer {
  const numbers = [signature.subarray(0, 32), signature.subarray(32)].map((number) => {
    const start = number.findIndex((byte) => byte !== 0)
    const shortest = number.subarray(start)
    const positive = shortest[0]! < 0x80 ? shortest : Buffer.concat([Buffer.of(0), shortest])
    return Buffer.concat([Buffer.of(0x02, positive.length), positive])
  })
  const content = Buffer.concat(numbers)
  return Buffer.concat([Buffer.of(0x30, content.length), content])
}

/** AlgorithmIdentifier of RSASSA-PSS with SHA-256, MGF1 with SHA-256, and a salt of 32 bytes (RFC 4055). */
const PSS_WITH_SHA256 = Buffer.from(
  '304106092a864886f70d01010a3034a00f300d06096086480165030402010500' +
    'a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
  'hex',
)

function toPssKey(key: KeyObject): KeyObject {
  const bits = Buffer.concat([Buffer.of(0), key.export({ format: 'der', type: 'pkcs1' })])
  const bitString = Buffer.concat([toDerHeader(0x03, bits.length), bits])
  const content = Buffer.concat([PSS_WITH_SHA256, bitString])
  const spki = Buffer.concat([toDerHeader(0x30, content.length), content])
  return createPublicKey({ key: spki, format: 'der', type: 'spki' })
}

function toDerHeader(tag: number, length: number): Buffer {
  return Buffer.of(tag, 0x82, length >> 8, length & 0xff)
}
