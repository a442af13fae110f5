import { Buffer } from 'node:buffer'

/**
 * Decodes base64url. `undefined` where `text` is not the one spelling of its bytes (RFC 4648 sections 3.5
 * and 5): padding, a foreign character, an impossible length, surplus bits in the last character. Decoders
 * forgive all of these, so that two spellings of one token would both be accepted.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** Encodes bytes, or a text in UTF-8, in base64url. */
export function encodeBase64url(input: Uint8Array | string): string {
  return Buffer.from(input as Uint8Array).toString('base64url')
}
