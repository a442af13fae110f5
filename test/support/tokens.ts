import type { KeyObject } from 'node:crypto'
import { signBytes, type TestKey } from './keys.ts'
import { noteToken } from './secrets.ts'

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
  const token = `${input}.${signBytes(alg, key, Buffer.from(input)).toString('base64url')}`
  noteToken(token, header, payload)
  return token
}

export type Parts = readonly [header: string, payload: string, signature: string]

export function partsOf(token: string): Parts {
  return token.split('.') as unknown as Parts
}

/** Signs text as it stands in a header line, canonical or not, dots and all. */
export function signText(input: string, key: TestKey): string {
  const signature = signBytes(key.alg, key.privateKey, Buffer.from(input, 'latin1'))
  return `${input}.${signature.toString('base64url')}`
}

/** The same token with another signature, which is made of the good one or of what it covers. */
export function withSignature(
  token: string,
  make: (signature: Buffer, input: Buffer) => Uint8Array,
): string {
  const [header, payload, signature] = partsOf(token)
  const made = make(Buffer.from(signature, 'base64url'), Buffer.from(`${header}.${payload}`))
  return `${header}.${payload}.${Buffer.from(made).toString('base64url')}`
}
