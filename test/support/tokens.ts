import type { KeyObject } from 'node:crypto'
import { signBytes, type TestKey } from './keys.ts'
import { noteToken } from './secrets.ts'

/** Part of a token: an object, which is encoded as JSON, or text or bytes, which are not changed. */
export type Part = Record<string, unknown> | string | Uint8Array

/** Overrides members of a part. Text and bytes replace the whole part, and `undefined` removes a member. */
export function mergeParts(usual: Record<string, unknown>, part: Part): Part {
  return typeof part === 'string' || part instanceof Uint8Array ? part : { ...usual, ...part }
}

/** Encodes a part in base64url. */
export function encodePart(part: Part): string {
  const bytes =
    typeof part === 'string' || part instanceof Uint8Array
      ? Buffer.from(part as string)
      : Buffer.from(JSON.stringify(part))
  return bytes.toString('base64url')
}

/**
 * Returns a compact JWS with a valid signature over these parts. Checks nothing and adds nothing, so tests can
 * create tokens that libraries cannot create.
 */
export function signCompact(header: Part, payload: Part, alg: string, key: KeyObject): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`
  const token = `${input}.${signBytes(alg, key, Buffer.from(input)).toString('base64url')}`
  noteToken(token, header, payload)
  return token
}

export type Parts = readonly [header: string, payload: string, signature: string]

/** Splits a token. */
export function splitToken(token: string): Parts {
  return token.split('.') as unknown as Parts
}

/** Signs a text and appends the signature. The text is not checked or encoded. */
export function signText(input: string, key: TestKey): string {
  const signature = signBytes(key.alg, key.privateKey, Buffer.from(input, 'latin1'))
  return `${input}.${signature.toString('base64url')}`
}

/**
 * Replaces the signature of a token.
 *
 * @param make Returns the new signature from the valid signature and from the signed input.
 */
export function withSignature(
  token: string,
  make: (signature: Buffer, input: Buffer) => Uint8Array,
): string {
  const [header, payload, signature] = splitToken(token)
  const made = make(Buffer.from(signature, 'base64url'), Buffer.from(`${header}.${payload}`))
  return `${header}.${payload}.${Buffer.from(made).toString('base64url')}`
}
