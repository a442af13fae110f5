import { encodeBase64url } from '#base64url'

/** Returns random bytes in base64url. */
export function createRandomText(bytes: number): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(bytes)))
}
