/** Matches texts that contain other characters than those of base64url. `atob` skips white space, and accepts padding. */
const OTHER_CHARACTER = /[^\w-]/

const UTF8 = new TextEncoder()
/** Number of bytes that are converted at once. Every byte is one argument of a function call. */
const CHUNK = 8192

/** Decodes base64url. Returns `undefined` if `text` is not the canonical encoding of its bytes. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1 || OTHER_CHARACTER.test(text)) return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  // Surplus bits in the last character are lost, so another encoding of the same bytes differs.
  if (encodeBinary(binary) !== text) return undefined
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/** Decodes base64url, and returns what `read` returns for the bytes. */
export function readBase64url<T>(text: string, read: (bytes: Uint8Array) => T): T | undefined {
  const bytes = decodeBase64url(text)
  return bytes && read(bytes)
}

/** Encodes bytes, or the UTF-8 bytes of a text, in base64url. */
export function encodeBase64url(input: Uint8Array | string): string {
  const bytes = typeof input === 'string' ? UTF8.encode(input) : input
  let binary = ''
  for (let start = 0; start < bytes.length; start += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK))
  return encodeBinary(binary)
}

function encodeBinary(binary: string): string {
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
