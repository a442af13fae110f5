import { Buffer } from 'node:buffer'
import type { KeyObject } from 'node:crypto'
import type { Hash } from './algorithms.ts'

const SEQUENCE = 0x30
const INTEGER = 0x02
const BIT_STRING = 0x03
const OBJECT_IDENTIFIER = 0x06
const context = (tag: number) => 0xa0 + tag

/** 1.2.840.113549.1.1.10, id-RSASSA-PSS, and ...1.1.8, id-mgf1 (RFC 8017 appendix C). */
const RSASSA_PSS = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a]
const MGF1 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08]
/** 2.16.840.1.101.3.4.2.x: id-sha256, id-sha384 and id-sha512. */
const HASHES: Record<Hash, { oid: readonly number[]; bytes: number }> = {
  sha256: { oid: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01], bytes: 32 },
  sha384: { oid: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02], bytes: 48 },
  sha512: { oid: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03], bytes: 64 },
}

/**
 * Converts an RSA key to an id-RSASSA-PSS key with fixed parameters (RFC 4055 section 3.1). These are one hash, MGF1 with
 * the same hash, and a salt as long as the hash (RFC 7518 section 3.5). OpenSSL then rejects every other salt length. For
 * a plain RSA key, OpenSSL accepts any salt length.
 */
export function toRsaPssSpki(
  key: KeyObject,
  hash: Hash,
): { key: Buffer; format: 'der'; type: 'spki' } {
  const { oid, bytes } = HASHES[hash]
  const hashAlgorithm = der(SEQUENCE, der(OBJECT_IDENTIFIER, oid))
  const parameters = der(
    SEQUENCE,
    der(context(0), hashAlgorithm),
    der(context(1), der(SEQUENCE, der(OBJECT_IDENTIFIER, MGF1), hashAlgorithm)),
    der(context(2), der(INTEGER, [bytes])),
  )
  const spki = der(
    SEQUENCE,
    der(SEQUENCE, der(OBJECT_IDENTIFIER, RSASSA_PSS), parameters),
    der(BIT_STRING, [0], key.export({ format: 'der', type: 'pkcs1' })),
  )
  return { key: spki, format: 'der', type: 'spki' }
}

/**
 * Converts an ECDSA signature of RFC 7518 section 3.4 (two numbers of equal length) to DER, the form that OpenSSL reads.
 */
export function toDerSignature(signature: Uint8Array): Buffer {
  const half = signature.length / 2
  // Space for the longest header, two numbers with two bytes of type and length, and a sign byte for each number.
  const bytes = Buffer.allocUnsafe(LONGEST_HEADER + signature.length + 6)
  const second = writeInteger(bytes, LONGEST_HEADER, signature, 0, half)
  const end = writeInteger(bytes, second, signature, half, signature.length)
  const length = end - LONGEST_HEADER
  const start = length < 0x80 ? 1 : 0
  bytes[1] = 0x81
  bytes[start] = SEQUENCE
  bytes[2] = length
  return bytes.subarray(start, end)
}

/** Bytes of the header: a tag, `0x81`, and the length. The content of every signature is at most 255 bytes long. */
const LONGEST_HEADER = 3

/**
 * Writes a big-endian number in its shortest form. Adds a leading zero if the first bit would be read as a sign. Returns
 * the position after the number.
 */
function writeInteger(
  bytes: Buffer,
  at: number,
  from: Uint8Array,
  start: number,
  end: number,
): number {
  let first = start
  while (first < end - 1 && from[first] === 0) first++
  const sign = from[first]! < 0x80 ? 0 : 1
  bytes[at] = INTEGER
  bytes[at + 1] = end - first + sign
  bytes[at + 2] = 0
  bytes.set(from.subarray(first, end), at + 2 + sign)
  return at + 2 + sign + end - first
}

function der(tag: number, ...contents: (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(contents.map((part) => Uint8Array.from(part)))
  return Buffer.concat([Buffer.of(tag, ...encodeLength(content.length)), content])
}

function encodeLength(length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}
