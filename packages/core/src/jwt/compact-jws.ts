import { base64urlToBytes } from '#base64url'
import { hasCanonicalEnd } from '../encoding/base64url.ts'
import { type JsonObject, parseJsonObject } from '../encoding/json.ts'
import { Rejection } from '../outcome/rejection.ts'

/** A token taken apart by RFC 7515 section 7.1. Nothing of it is verified. */
export interface CompactJws {
  readonly token: string
  readonly header: JsonObject
  readonly claims: JsonObject
  /** What the signature covers: the first two parts as they came, and the dot between them. */
  readonly signingInput: string
  readonly signature: Uint8Array
}

const THREE_PARTS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/**
 * Takes a compact JWS apart (RFC 7515 sections 5.2 and 7.1; RFC 7519 section 7.2): exactly three
 * non-empty parts in their one base64url spelling, the first two of which are JSON objects. A JWE (five
 * parts), a JWS in JSON serialization, and anything else is refused as malformed.
 */
export function parseCompactJws(token: string): CompactJws | Rejection {
  if (!THREE_PARTS.test(token)) return malformed('three parts in base64url', 'something else')
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  const parts = [
    token.slice(0, first),
    token.slice(first + 1, second),
    token.slice(second + 1),
  ] as const
  if (!parts.every(hasCanonicalEnd)) {
    return malformed('canonical base64url', 'surplus bits or an impossible length')
  }
  const header = parsePart(parts[0], 'JOSE header')
  if (header instanceof Rejection) return header
  const claims = parsePart(parts[1], 'claims set')
  if (claims instanceof Rejection) return claims
  return {
    token,
    header,
    claims,
    signingInput: token.slice(0, second),
    signature: base64urlToBytes(parts[2]),
  }
}

function parsePart(part: string, name: string): JsonObject | Rejection {
  try {
    return parseJsonObject(base64urlToBytes(part))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return malformed('one JSON object', error.message, name)
  }
}

function malformed(expected: string, found: string, check = 'token'): Rejection {
  return new Rejection('malformed_token', { check, expected, found })
}
