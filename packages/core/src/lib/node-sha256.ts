import { createHmac, hash } from 'node:crypto'

/** Returns the SHA-256 hash of a text in UTF-8, in base64url. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Returns the SHA-256 hash of bytes, in base64url. */
export function sha256OfBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64url')
}

/** Returns the HMAC (RFC 2104, SHA-256) of a text in UTF-8, in base64url. */
export function hmacSha256(secret: Uint8Array, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}
