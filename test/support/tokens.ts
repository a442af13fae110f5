import type { KeyObject } from 'node:crypto'
import { signBytes } from './keys.ts'

/** A part of a token: an object to be written as JSON, or the very text or bytes that shall stand there. */
export type Part = Record<string, unknown> | string | Uint8Array

export function encodePart(part: Part): string {
  const bytes =
    typeof part === 'string' || part instanceof Uint8Array
      ? Buffer.from(part as string)
      : Buffer.from(JSON.stringify(part))
  return bytes.toString('base64url')
}

/**
 * Writes a compact JWS with a valid signature over exactly these parts, whatever they are: nothing is
 * checked and nothing is added, so that tests can write tokens that no library would.
 */
export function signCompact(header: Part, payload: Part, alg: string, key: KeyObject): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`
  return `${input}.${signBytes(alg, key, Buffer.from(input)).toString('base64url')}`
}
