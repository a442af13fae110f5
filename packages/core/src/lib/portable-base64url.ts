/** Matches a character that is not in the alphabet of base64url. `atob` would skip white space, and accept padding. */
const OTHER_CHARACTER = /[^\w-]/

const UTF8 = new TextEncoder()
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Decodes base64url. Returns `undefined` if `text` is not the canonical encoding of its bytes. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1 || OTHER_CHARACTER.test(text)) return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  // `atob` ignores surplus bits in the last character. So a text that is not canonical differs from the encoding of its bytes.
  return encodeBase64url(bytes) === text ? bytes : undefined
}

/** Decodes base64url, and returns what `read` returns for the bytes. */
export function readBase64url<T>(text: string, read: (bytes: Uint8Array) => T): T | undefined {
  const bytes = decodeBase64url(text)
  return bytes && read(bytes)
}

/**
 * Encodes bytes, or the UTF-8 bytes of a text, in base64url. A table is faster than `btoa`, whose result would have to be converted
 * to the alphabet of base64url.
 */
export function encodeBase64url(input: Uint8Array | string): string {
  const bytes = typeof input === 'string' ? UTF8.encode(input) : input
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const [a, b, c] = [bytes[i]!, left > 1 ? bytes[i + 1]! : 0, left > 2 ? bytes[i + 2]! : 0]
    text += ALPHABET[a >> 2]! + ALPHABET[((a & 3) << 4) | (b >> 4)]!
    if (left > 1) text += ALPHABET[((b & 15) << 2) | (c >> 6)]!
    if (left > 2) text += ALPHABET[c & 63]!
  }
  return text
}
