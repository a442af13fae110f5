import { readBase64url } from '#base64url'
import type { JsonObject } from '../lib/json.ts'

/** Creates the rejection of a part of a JWS. `part` is the name of the part. */
export type RejectPart<R> = (part: string, expected: string, found: string) => R

/**
 * Decodes a part of a JWS from base64url, and parses it as one JSON object with `parse`. Returns the result of `reject` for a
 * part with a fault.
 */
export function readJwsPart<R>(
  text: string,
  part: string,
  parse: (bytes: Uint8Array) => JsonObject,
  reject: RejectPart<R>,
): JsonObject | R {
  try {
    return readBase64url(text, parse) ?? rejectEncoding(part, reject)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return reject(part, 'one JSON object', error.message)
  }
}

/** Rejects a part that is not canonical base64url (RFC 7515 section 2). */
export function rejectEncoding<R>(part: string, reject: RejectPart<R>): R {
  return reject(
    part,
    'base64url (RFC 7515)',
    'characters or an ending that are not valid base64url',
  )
}
