import { encodeBase64url } from '#base64url'

const UTF8 = new TextEncoder()

/** Returns the SHA-256 hash of a text in UTF-8, in base64url. */
export function sha256(text: string): Promise<string> {
  return sha256OfBytes(UTF8.encode(text))
}

/** Returns the SHA-256 hash of bytes, in base64url. */
export async function sha256OfBytes(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return encodeBase64url(new Uint8Array(digest))
}

/** Returns the HMAC (RFC 2104, SHA-256) of a text in UTF-8, in base64url. */
export async function hmacSha256(secret: Uint8Array, text: string): Promise<string> {
  const signature = await crypto.subtle.sign('HMAC', await importSecret(secret), UTF8.encode(text))
  return encodeBase64url(new Uint8Array(signature))
}

/**
 * Map from a secret to its imported key. It contains no promises, because in Workers, a promise of a cancelled request may never
 * settle. `memoize` is not used, because an import of `@bearward/client` would then load one more file.
 */
const imported = new WeakMap<Uint8Array, CryptoKey>()

async function importSecret(secret: Uint8Array): Promise<CryptoKey> {
  const known = imported.get(secret)
  if (known !== undefined) return known
  const parameters = { __proto__: null, name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', secret as BufferSource, parameters, false, [
    'sign',
  ])
  imported.set(secret, key)
  return key
}
