import {
  type AnswerBounds,
  JSON_MEDIA_TYPE,
  type JsonObject,
  LIMITS,
  toLoggedAddress,
} from '@bearward/core/internal'
import { TokenError, type TokenErrorCode } from './errors.ts'

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

/** Parts of a call that the check of its response needs. */
interface ExpectedResponse {
  readonly endpoint: string
  /** Values of `token_type` in addition to Bearer, in lower case. */
  readonly acceptTokenType: readonly string[]
}

/** Value of the option `acceptTokenType` for a response without `token_type`. */
export const MISSING_TYPE = 'missing'

/** Parses an access token response. Refresh tokens and ID tokens are ignored. Throws a `TokenError`. */
export function readAccessTokenResponse(
  members: JsonObject,
  { endpoint, acceptTokenType }: ExpectedResponse,
  serverStatus: number,
): AccessTokenResponse {
  const fail = (problem: string, code: TokenErrorCode = 'invalid_response') =>
    new TokenError(code, { detail: `${toLoggedAddress(endpoint)}: ${problem}`, serverStatus })
  const { access_token: value, token_type: type } = members
  if (typeof value !== 'string' || !HEADER_TEXT.test(value)) throw fail('no usable access_token')
  if (value.length > LIMITS.tokenLength)
    throw fail(`access_token is longer than ${LIMITS.tokenLength} characters`)
  const isMissing = type === undefined || type === null
  if (!isMissing && typeof type !== 'string') throw fail('token_type is not a string')
  const isAccepted = isMissing
    ? acceptTokenType.includes(MISSING_TYPE)
    : ['bearer', ...acceptTokenType.filter((one) => one !== MISSING_TYPE)].includes(
        type.toLowerCase(),
      )
  if (!isAccepted) {
    throw fail(describeType(isMissing ? undefined : type), 'unsupported_token_type')
  }
  const scopes = readGrantedScopes(members['scope'])
  if (scopes === 'invalid') throw fail('scope is neither a string nor an array of strings')
  const expiresIn = readLifetime(members['expires_in'])
  if (expiresIn !== undefined && expiresIn <= 0) throw fail('the token is already expired')
  return { value, expiresIn, scopes }
}

/** Names the types that exist (registry "OAuth Access Token Types"). Another text could be anything, also a token. */
function describeType(type: string | undefined): string {
  if (type === undefined) return 'no token_type'
  const known = ['DPoP', 'PoP', 'mac', 'N_A', 'JWT'].find(
    (one) => one.toLowerCase() === type.toLowerCase(),
  )
  return known === undefined ? 'token_type is not Bearer' : `token_type is ${known}, not Bearer`
}

/**
 * Parses `scope` (RFC 6749 section 5.1). `null` is the same as a missing member: the requested scopes were granted. An
 * array is a list of scopes. An empty text or array says that none was granted.
 */
function readGrantedScopes(scope: unknown): readonly string[] | undefined | 'invalid' {
  if (scope === undefined || scope === null) return undefined
  const texts: readonly unknown[] = Array.isArray(scope) ? scope : [scope]
  if (!texts.every((text) => typeof text === 'string')) return 'invalid'
  return [...new Set(texts.flatMap((text) => text.split(' ')))].filter((one) => one !== '')
}

/** Parses `expires_in`. Accepts a number that is written as text. Returns `undefined` for every other value. */
function readLifetime(value: unknown): number | undefined {
  const seconds =
    typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : undefined
}
