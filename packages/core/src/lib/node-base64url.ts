import { Buffer } from 'node:buffer'

/**
 * Decodes base64url (RFC 4648 section 5). Returns `undefined` if `text` is not the canonical encoding of its bytes (section
 * 3.5). Faults are padding, other characters, an impossible length, and surplus bits in the last character. Most decoders
 * ignore these faults, and would accept two encodings of one token.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** Encodes bytes, or the UTF-8 bytes of a text, in base64url. */
export function encodeBase64url(input: Uint8Array | string): string {
  return Buffer.from(input as Uint8Array).toString('base64url')
}
