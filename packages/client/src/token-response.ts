import {
  type BodyLimits,
  JSON_MEDIA_TYPE,
  type JsonObject,
  LIMITS,
  toLoggedAddress,
} from '@bearward/core/internal'
import { TokenError, type TokenErrorCode } from './errors.ts'

/** Media type and maximum size of a token response. */
export const TOKEN_RESPONSE: BodyLimits = { mediaType: JSON_MEDIA_TYPE, bytes: 65_536 }

/** Access token response of the token endpoint (RFC 6749 section 5.1). */
export interface AccessTokenResponse {
  readonly value: string
  /** Lifetime in seconds, or `undefined` if `expires_in` is missing or unusable. */
  readonly expiresIn: number | undefined
  /** Granted scopes, or `undefined` if the response contains no `scope`. */
  readonly scopes: readonly string[] | undefined
}

/** Matches a token that can be sent in a header. */
const HEADER_TEXT = /^[\x21-\x7e]+$/

/** Parts of a call that are needed to check its response. */
interface ExpectedResponse {
  readonly endpoint: string
  /** Accepted values of `token_type` in addition to Bearer, in lower case. */
  readonly acceptTokenType: readonly string[]
  /** `true` if the token must be bound to the key of the proof (RFC 9449 section 5). */
  readonly isBound: boolean
}

/** Value of the option `acceptTokenType` for a response without `token_type`. */
export const MISSING_TYPE = 'missing'

/** Parses an access token response. Ignores refresh tokens and ID tokens. Throws a `TokenError`. */
export function readAccessTokenResponse(
  members: JsonObject,
  { endpoint, acceptTokenType, isBound }: ExpectedResponse,
  serverStatus: number,
): AccessTokenResponse {
  const fail = (problem: string, code: TokenErrorCode = 'invalid_response') =>
    new TokenError(code, { detail: `${toLoggedAddress(endpoint)}: ${problem}`, serverStatus })
  const { access_token: value, token_type: type } = members
  if (typeof value !== 'string' || !HEADER_TEXT.test(value))
    throw fail('access_token is missing or unusable')
  if (value.length > LIMITS.tokenLength)
    throw fail(`access_token is longer than ${LIMITS.tokenLength} characters`)
  if (type !== undefined && type !== null && typeof type !== 'string')
    throw fail('token_type is not a string')
  if (isBound) {
    if (type?.toLowerCase() !== 'dpop') throw fail(describeType(type, 'DPoP'), 'token_not_bound')
  } else if (!isBearer(type, acceptTokenType)) {
    throw fail(describeType(type, 'Bearer'), 'unsupported_token_type')
  }
  const scopes = readGrantedScopes(members['scope'])
  if (scopes === 'invalid') throw fail('scope is neither a string nor an array of strings')
  const expiresIn = readLifetime(members['expires_in'])
  if (expiresIn !== undefined && expiresIn <= 0) throw fail('the token is already expired')
  return { value, expiresIn, scopes }
}

/**
 * Returns whether the type is `Bearer` or is accepted in addition to it. Upper and lower case are treated as equal (RFC 6749
 * section 5.1).
 */
function isBearer(type: string | null | undefined, acceptTokenType: readonly string[]): boolean {
  if (type === undefined || type === null) return acceptTokenType.includes(MISSING_TYPE)
  const accepted = ['bearer', ...acceptTokenType.filter((one) => one !== MISSING_TYPE)]
  return accepted.includes(type.toLowerCase())
}

/** Describes a wrong token type. Names only well-known types, because a server may send a token as `token_type` by mistake. */
function describeType(type: string | null | undefined, expected: 'Bearer' | 'DPoP'): string {
  if (type === undefined || type === null) return 'token_type is missing'
  const known = ['Bearer', 'DPoP', 'PoP', 'mac', 'N_A', 'JWT'].find(
    (one) => one.toLowerCase() === type.toLowerCase(),
  )
  return `token_type is ${known === undefined ? '' : `${known}, `}not ${expected}`
}

/**
 * Parses `scope` (RFC 6749 section 5.1). If it is missing or `null`, the requested scopes were granted. An array is a list
 * of scopes. An empty string or array means that no scope was granted.
 */
function readGrantedScopes(scope: unknown): readonly string[] | undefined | 'invalid' {
  if (scope === undefined || scope === null) return undefined
  const texts: readonly unknown[] = Array.isArray(scope) ? scope : [scope]
  if (!texts.every((text) => typeof text === 'string')) return 'invalid'
  return [...new Set(texts.flatMap((text) => text.split(' ')))].filter((one) => one !== '')
}

/** Parses `expires_in`. Accepts a number or a numeric string. Returns `undefined` for every other value. */
function readLifetime(value: unknown): number | undefined {
  const seconds =
    typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : undefined
}
