import { Buffer } from 'node:buffer'
import { scratch } from './node-scratch.ts'

/**
 * Decodes base64url. `undefined` where `text` is not the one spelling of its bytes (RFC 4648 sections 3.5
 * and 5): padding, a foreign character, an impossible length, surplus bits in the last character. Decoders
 * forgive all of these, so that two spellings of one token would both be accepted.
 */
export function bytesOfBase64url(text: string): Uint8Array | undefined {
  return decode(text, Buffer.allocUnsafe(lengthOf(text)))
}

/** The same for bytes that are read at once: `read` must keep nothing of them. */
export function readBase64url<T>(text: string, read: (bytes: Uint8Array) => T): T | undefined {
  const bytes = decode(text, scratch(lengthOf(text)))
  return bytes && read(bytes)
}

function lengthOf(text: string): number {
  return Math.floor((text.length * 3) / 4)
}

function decode(text: string, bytes: Buffer): Buffer | undefined {
  const isWhole = bytes.write(text, 'base64url') === bytes.length
  return isWhole && bytes.toString('base64url') === text ? bytes : undefined
}
