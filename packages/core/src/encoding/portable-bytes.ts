import { base64url } from 'jose'

/** Decodes base64url. `undefined` where `text` is not the one spelling of its bytes. */
export function bytesOfBase64url(text: string): Uint8Array | undefined {
  try {
    const bytes = base64url.decode(text)
    return base64url.encode(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

/** The same for bytes that are read at once. */
export function readBase64url<T>(text: string, read: (bytes: Uint8Array) => T): T | undefined {
  const bytes = bytesOfBase64url(text)
  return bytes && read(bytes)
}
