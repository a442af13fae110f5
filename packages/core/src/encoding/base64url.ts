const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const BASE64URL = /^[A-Za-z0-9_-]+$/

/**
 * Whether `text` is the one base64url spelling of some bytes (RFC 4648 sections 3.5 and 5): right
 * alphabet, no padding, no impossible length, and zero bits where the last character holds more bits
 * than bytes. Decoders forgive all of these, so that two spellings of one token would both be accepted.
 * The empty text does not count.
 */
export function isCanonicalBase64url(text: string): boolean {
  return BASE64URL.test(text) && hasCanonicalEnd(text)
}

/** The part of `isCanonicalBase64url` that remains where the alphabet has been checked already. */
export function hasCanonicalEnd(text: string): boolean {
  const surplus = text.length % 4
  if (surplus === 0) return true
  if (surplus === 1) return false
  const last = ALPHABET.indexOf(text.charAt(text.length - 1))
  return (last & (surplus === 2 ? 0b1111 : 0b11)) === 0
}
