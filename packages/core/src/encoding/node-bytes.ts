import { Buffer } from 'node:buffer'

/** Decodes base64url that has been checked to be canonical. */
export function base64urlToBytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64url')
}
