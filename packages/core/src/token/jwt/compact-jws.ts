import { decodeBase64url } from '#base64url'
import { JSON_LIMITS, type JsonObject } from '../../lib/json.ts'
import { parseClaims, parseJsonObject } from '../../lib/parse-json.ts'
import { TextCache } from '../../lib/text-cache.ts'
import { LIMITS } from '../../limits.ts'
import { Rejection } from '../../response/rejection.ts'
import type { SignedText } from '../../signature/engine.ts'
import { splitJws } from '../../signature/jws-parts.ts'
import { readJwsPart, rejectEncoding } from '../../signature/read-jws-part.ts'

/** The parts of a compact JWS (RFC 7515 section 7.1). They are not verified. */
export interface CompactJws extends SignedText {
  /** The whole JWS. */
  readonly token: string
  /** Frozen, and without a prototype. */
  readonly header: JsonObject
  /** Plain objects, not frozen: see `parseClaims`. */
  readonly claims: JsonObject
}

/**
 * Parses a compact JWS (RFC 7515 sections 5.2 and 7.1; RFC 7519 section 7.2). It must have exactly three non-empty parts
 * in canonical base64url, and the first two must be JSON objects. Rejects everything else as malformed, for example a JWE
 * (five parts) or a JWS in JSON serialization.
 */
export function parseCompactJws(token: string): CompactJws | Rejection {
  const parts = splitJws(token)
  if (parts === undefined) return malformed('token', 'three parts', describeParts(token))
  const header = readHeaderPart(parts.header)
  if (header instanceof Rejection) return header
  const claims = readJwsPart(parts.payload, 'claims set', parseTokenClaims, malformed)
  if (claims instanceof Rejection) return claims
  const signature = decodeBase64url(parts.signature)
  if (signature === undefined) return rejectEncoding('signature', malformed)
  return { token, header, claims, signingInput: parts.signingInput, signature }
}

/** Cache of parsed headers. The tokens of an issuer share a few headers. Parsing a header takes half as long as parsing claims. */
const headers = new TextCache<JsonObject>(LIMITS.cachedHeaders)

function readHeaderPart(part: string): JsonObject | Rejection {
  const known = headers.get(part)
  if (known !== undefined) return known
  const header = readJwsPart(part, 'JOSE header', parseJsonObject, malformed)
  if (!(header instanceof Rejection)) headers.add(part, header)
  return header
}

function parseTokenClaims(bytes: Uint8Array): JsonObject {
  return parseClaims(bytes, JSON_LIMITS.structure)
}

/** Describes the parts without showing them. The texts are about common mistakes of clients. */
function describeParts(token: string): string {
  const text = STRINGIFIED.find((value) => value === token)
  if (text !== undefined) return `the text ${text}`
  const parts = token.split('.')
  if (parts.length === 1) return 'one part, as in an opaque token'
  // The second part of a JWE is empty with direct encryption or direct key agreement.
  if (parts.length === 5) return 'five parts, as in an encrypted token (JWE)'
  return parts.includes('')
    ? 'an empty part'
    : parts.length === 2
      ? 'two parts'
      : `${parts.length} parts`
}

/** Texts that faulty clients send instead of a token, for example if a variable is missing or is not a string. */
export const STRINGIFIED: readonly string[] = ['undefined', 'null', 'true', 'false', 'NaN']

function malformed(check: string, expected: string, found: string): Rejection {
  return new Rejection('malformed_token', { check, expected, found })
}
