import { decodeBase64url } from '#base64url'
import { type JsonObject, parseJsonObject } from '../../lib/json.ts'
import { createLruCache } from '../../lib/lru-cache.ts'
import { LIMITS } from '../../limits.ts'
import { Rejection } from '../../response/rejection.ts'
import type { SignedText } from '../../signature/engine.ts'

/** A token split into its parts (RFC 7515 section 7.1). Nothing of it is verified. */
export interface CompactJws extends SignedText {
  readonly header: JsonObject
  readonly claims: JsonObject
}

/**
 * Takes a compact JWS apart (RFC 7515 sections 5.2 and 7.1; RFC 7519 section 7.2): exactly three
 * non-empty parts in their one base64url spelling, the first two of which are JSON objects. A JWE (five
 * parts), a JWS in JSON serialization, and anything else is refused as malformed.
 */
export function parseCompactJws(token: string): CompactJws | Rejection {
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  const isThreefold =
    first < second && second < token.length - 1 && !token.includes('.', second + 1)
  if (!isThreefold) return malformed('three parts', describeParts(token))
  const header = readHeaderPart(token.slice(0, first))
  if (header instanceof Rejection) return header
  const claims = readPart(token.slice(first + 1, second), 'claims set')
  if (claims instanceof Rejection) return claims
  const signature = decodeBase64url(token.slice(second + 1))
  if (signature === undefined) return badlySpelt('signature')
  return { token, header, claims, signingInput: token.slice(0, second), signature }
}

/** The tokens of an issuer share a few headers, and reading one is as much work as half the claims. */
const headers = createLruCache<string, JsonObject>({ max: LIMITS.rememberedHeaders.entries })

function readHeaderPart(part: string): JsonObject | Rejection {
  const known = headers.get(part)
  if (known !== undefined) return known
  const header = readPart(part, 'JOSE header')
  if (!(header instanceof Rejection) && part.length <= LIMITS.rememberedHeaders.length) {
    // A copy, because a slice of the token would keep the whole of it in memory.
    headers.set(JSON.parse(JSON.stringify(part)) as string, header)
  }
  return header
}

function readPart(part: string, name: string): JsonObject | Rejection {
  const bytes = decodeBase64url(part)
  if (bytes === undefined) return badlySpelt(name)
  try {
    return parseJsonObject(bytes)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return malformed('one JSON object', error.message, name)
  }
}

function badlySpelt(name: string): Rejection {
  return malformed(
    'base64url (RFC 7515)',
    'characters or an ending that base64url does not have',
    name,
  )
}

/** Counts the parts without showing them. The texts are for clients with a fault that is often made. */
function describeParts(token: string): string {
  const text = STRINGIFIED.find((value) => value === token)
  if (text !== undefined) return `the text ${text}`
  const parts = token.split('.')
  if (parts.length === 1) return 'one part, as in an opaque token'
  // The second part is empty where the key is agreed upon directly.
  if (parts.length === 5) return 'five parts, as in an encrypted token (JWE)'
  return parts.includes('')
    ? 'an empty part'
    : parts.length === 2
      ? 'two parts'
      : `${parts.length} parts`
}

/** A client that puts a value into the header which it does not have, or not as a text. */
export const STRINGIFIED: readonly string[] = ['undefined', 'null', 'true', 'false', 'NaN']

function malformed(expected: string, found: string, check = 'token'): Rejection {
  return new Rejection('malformed_token', { check, expected, found })
}
