import { base64url } from 'jose'

/** Decodes base64url. Returns `undefined` if `text` is not the canonical encoding of its bytes. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  try {
    const bytes = base64url.decode(text)
    return base64url.encode(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

/** Encodes bytes, or the UTF-8 bytes of a text, in base64url. */
export function encodeBase64url(input: Uint8Array | string): string {
  return base64url.encode(input)
}
