import {
  type AnswerBounds,
  JSON_MEDIA_TYPE,
  type JsonObject,
  LIMITS,
} from '@bearward/core/for-clients'
import { TokenError } from './errors.ts'

/** What is read of an answer. */
export const ANSWER: AnswerBounds = { mediaType: JSON_MEDIA_TYPE, bytes: 65_536 }

/** What the token endpoint has granted (RFC 6749 section 5.1). */
export interface AccessTokenResponse {
  readonly value: string
  /** Seconds, where the server says so in a form that can be understood. */
  readonly expiresIn: number | undefined
  /** Where the server says so. */
  readonly scopes: readonly string[] | undefined
}

/** What may stand behind `Bearer`, and so in a header line. */
const HEADER_TEXT = /^[\x21-\x7e]+$/

/** Reads an access token response. A refresh token or an ID token is not looked at. Throws a `TokenError`. */
export function readAccessTokenResponse(
  members: JsonObject,
  endpoint: string,
): AccessTokenResponse {
  const { access_token: value, token_type: type, expires_in: expiresIn, scope } = members
  const invalid = (found: string, code: 'invalid_response' | 'unsupported_token_type') =>
    new TokenError(code, { detail: `${endpoint}: ${found}`, serverStatus: 200 })
  const fail = (found: string) => invalid(found, 'invalid_response')
  if (typeof value !== 'string' || !HEADER_TEXT.test(value)) throw fail('no access_token')
  if (value.length > LIMITS.tokenLength) throw fail('a token that no API would take')
  if (typeof type !== 'string') throw fail('no token_type')
  if (type.toLowerCase() !== 'bearer') {
    throw invalid('the token_type is not Bearer', 'unsupported_token_type')
  }
  if (scope !== undefined && typeof scope !== 'string') throw fail('scope is no string')
  const lifetime = secondsOf(expiresIn)
  if (lifetime !== undefined && lifetime <= 0) throw fail('the token has expired already')
  return {
    value,
    expiresIn: lifetime,
    scopes: scope?.split(' ').filter((one) => one !== ''),
  }
}

/** Some servers write the number as text. Whatever else it is says nothing. */
function secondsOf(value: unknown): number | undefined {
  const seconds =
    typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : undefined
}
