import { encodeBase64url } from '#base64url'

/** Returns the SHA-256 hash of a text in UTF-8, in base64url. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return encodeBase64url(new Uint8Array(digest))
}
