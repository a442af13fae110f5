import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import type { Contestant } from './contestant.ts'

/**
 * Calls `crypto.verify` once per token, with the bytes of its signature and of its signed text. It reads no claims, so a
 * verifier that is built on Node cannot be faster. The key is a plain `KeyObject`, because an options object costs time on
 * some versions of Node.
 */
export const signatureAlone: Contestant = (pool) => {
  const jwk = createPublicKey({ key: pool.jwk as JsonWebKey, format: 'jwk' })
  const key = pool.algorithm === 'PS256' ? toPssKey(jwk) : jwk
  const hash = pool.algorithm === 'EdDSA' ? null : 'sha256'
  const isEcdsa = pool.algorithm === 'ES256'
  return (index) => {
    const token = pool.token(index)
    const dot = token.lastIndexOf('.')
    const input = Buffer.from(token.slice(0, dot), 'latin1')
    const signature = Buffer.from(token.slice(dot + 1), 'base64url')
    return verify(hash, input, key, isEcdsa ? toDer(signature) : signature)
  }
}

/** Converts an ECDSA signature (RFC 7518 section 3.4) to DER: a SEQUENCE of two INTEGERs. */
export function toDer(signature: Buffer): Buffer {
  const der = Buffer.allocUnsafe(72)
  const end = writeInteger(der, writeInteger(der, 2, signature, 0), signature, 32)
  der[0] = 0x30
  der[1] = end - 2
  return der.subarray(0, end)
}

/** Writes 32 bytes as a positive INTEGER without leading zeros. Returns the offset after it. */
function writeInteger(der: Buffer, at: number, signature: Buffer, first: number): number {
  let start = first
  while (start < first + 31 && signature[start] === 0) start++
  const sign = signature[start]! < 0x80 ? 0 : 1
  const length = first + 32 - start + sign
  der[at] = 0x02
  der[at + 1] = length
  der[at + 2] = 0
  signature.copy(der, at + 2 + sign, start, first + 32)
  return at + 2 + length
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
