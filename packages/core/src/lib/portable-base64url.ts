import { base64url } from 'jose'

/** Decodes base64url. `undefined` where `text` is not the one spelling of its bytes. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  try {
    const bytes = base64url.decode(text)
    return base64url.encode(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

/** Encodes bytes, or a text in UTF-8, in base64url. */
export function encodeBase64url(input: Uint8Array | string): string {
  return base64url.encode(input)
}
