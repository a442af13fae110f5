import {
  type AnswerBounds,
  JSON_MEDIA_TYPE,
  type JsonObject,
  LIMITS,
} from '@bearward/core/internal'
import { TokenError } from './errors.ts'

/** Media type and maximum size of a response. */
export const ANSWER: AnswerBounds = { mediaType: JSON_MEDIA_TYPE, bytes: 65_536 }

/** Access token response of the token endpoint (RFC 6749 section 5.1). */
export interface AccessTokenResponse {
  readonly value: string
  /** Seconds, or `undefined` if `expires_in` is missing or not a number. */
  readonly expiresIn: number | undefined
  /** Granted scopes, or `undefined` if the response contains no `scope`. */
  readonly scopes: readonly string[] | undefined
}

/** Characters that are allowed after `Bearer` in a header. */
const HEADER_TEXT = /^[\x21-\x7e]+$/

/** Parses an access token response. Refresh tokens and ID tokens are ignored. Throws a `TokenError`. */
export function readAccessTokenResponse(
  members: JsonObject,
  endpoint: string,
): AccessTokenResponse {
  const { access_token: value, token_type: type, expires_in: expiresIn, scope } = members
  const invalid = (problem: string, code: 'invalid_response' | 'unsupported_token_type') =>
    new TokenError(code, { detail: `${endpoint}: ${problem}`, serverStatus: 200 })
  const fail = (problem: string) => invalid(problem, 'invalid_response')
  if (typeof value !== 'string' || !HEADER_TEXT.test(value)) throw fail('no usable access_token')
  if (value.length > LIMITS.tokenLength)
    throw fail(`access_token is longer than ${LIMITS.tokenLength} characters`)
  if (typeof type !== 'string') throw fail('no token_type')
  if (type.toLowerCase() !== 'bearer') {
    throw invalid('token_type is not Bearer', 'unsupported_token_type')
  }
  if (scope !== undefined && typeof scope !== 'string') throw fail('scope is not a string')
  const lifetime = readLifetime(expiresIn)
  if (lifetime !== undefined && lifetime <= 0) throw fail('the token is already expired')
  return {
    value,
    expiresIn: lifetime,
    scopes: scope?.split(' ').filter((one) => one !== ''),
  }
}

/** Parses `expires_in`. Accepts a number that is written as text. Returns `undefined` for every other value. */
function readLifetime(value: unknown): number | undefined {
  const seconds =
    typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : undefined
}
