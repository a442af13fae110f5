import type { JsonObject } from '../../lib/json.ts'
import type { ClaimReading, IssuerSettings, TokenUse } from '../../model/settings.ts'
import { describeType, Rejection, showClaimed } from '../../response/rejection.ts'
import { claimNames, namedBy } from '../../subject/client-id.ts'
import type { ClientIdClaim } from '../../subject/profile.ts'

/**
 * Checks `typ` (RFC 7515 section 4.1.9: a media type, compared without case; `application/` is implied where
 * there is no slash). The profile of RFC 9068 (section 4) requires `at+jwt`. Otherwise `JWT` and no `typ` pass
 * too, because many servers write nothing better. Every other value names another kind of token.
 */
export function checkMediaType(
  typ: unknown,
  jwtProfile: IssuerSettings['jwtProfile'],
): Rejection | undefined {
  if (typ === undefined && jwtProfile === undefined) return undefined
  const accepted = jwtProfile === undefined ? TOLERATED_TYPES : ACCESS_TOKEN_TYPES
  if (isOneOf(accepted, typ)) return undefined
  return wrongType('typ', accepted.join(' or '), showClaimed(typ))
}

/** Returns whether `typ` names an access token and nothing else (RFC 9068 section 2.1). */
export function saysAccessToken(typ: unknown): boolean {
  return isOneOf(ACCESS_TOKEN_TYPES, typ)
}

const ACCESS_TOKEN_TYPES = ['at+jwt']
const TOLERATED_TYPES = [...ACCESS_TOKEN_TYPES, 'jwt']

function isOneOf(accepted: readonly string[], typ: unknown): boolean {
  if (typeof typ !== 'string') return false
  return (
    accepted.includes(typ) || accepted.includes(typ.toLowerCase().replace(/^application\//, ''))
  )
}

/** Claims that only another kind of token has, and which kind that is. */
const FOREIGN_CLAIMS = [
  ['at_hash', 'an ID token'],
  ['c_hash', 'an ID token'],
  ['s_hash', 'an ID token'],
  ['events', 'a security event or logout token'],
  ['token_introspection', 'an introspection response'],
  ['htu', 'a DPoP proof'],
  ['response_type', 'a request object'],
] as const

/** Values of a `typ` in the claims set (not the header) that some servers write into other tokens, and their kinds. */
const FOREIGN_PAYLOAD_TYPES: ReadonlyMap<unknown, string> = new Map([
  ['id', 'an ID token'],
  ['refresh', 'a refresh token'],
  ['offline', 'a refresh token'],
  ['logout', 'a logout token'],
])

/**
 * Claims that access tokens have, and other tokens have not. Not the claim that an issuer has for scopes,
 * whatever that is, because `roles` stands in ID tokens too; and not `aud`, which every token has.
 */
const SIGNS: readonly ClientIdClaim[] = ['scope', 'scp', 'client_id']

/**
 * Tells an access token from the other tokens that an issuer signs with the same keys (RFC 8725 section
 * 3.12), by what stands in its claims. An ID token is known by `at_hash` or `c_hash`, and by a `nonce`
 * where there is neither a scope nor a client id. A token that shows no sign at all of being an access
 * token (nothing outside of its claims that says so, no claim that marks it, no scope, no client id) is not
 * taken for one: the plainest ID tokens look like that, and their audience is whatever a client is called.
 * `isMarked`: something outside of the claims says so.
 */
export function checkTokenKind(
  claims: JsonObject,
  reading: ClaimReading,
  isMarked: boolean,
): Rejection | undefined {
  const foreign = checkForeignKind(claims, reading)
  if (foreign !== undefined) return foreign
  const has = (name: string) => Object.hasOwn(claims, name)
  const { tokenUse, clientIdClaims } = reading
  const isSign = (named: ClientIdClaim) => named !== 'aud' && namedBy(named, claims) !== undefined
  const isProof = (named: ClientIdClaim) => named !== 'azp' && isSign(named)
  const bearsMark = isMarked || tokenUse !== undefined || has('token_use')
  if (!bearsMark && !SIGNS.some(isSign) && !clientIdClaims.some(isSign)) {
    const looked = claimNames([...SIGNS, ...clientIdClaims.filter((named) => named !== 'aud')])
    return wrongType(looked.join(', '), 'one of them', 'no sign of an access token')
  }
  // `azp` stands in ID tokens too, so beside a `nonce` it proves nothing, even where it is the client id.
  if (has('nonce') && !SIGNS.some(isProof) && !clientIdClaims.some(isProof)) {
    return wrongType('nonce', 'nothing, or a scope or client id beside it', 'an ID token')
  }
  return undefined
}

/** The part of it that asks for nothing: whether something says that this is another kind of token. */
export function checkForeignKind(
  claims: JsonObject,
  { tokenUse: rule }: ClaimReading,
): Rejection | undefined {
  for (const [name, kind] of FOREIGN_CLAIMS) {
    if (Object.hasOwn(claims, name)) return wrongType(name, 'nothing', kind)
  }
  const unmarked = checkMark(claims, { tokenUse: rule })
  if (unmarked !== undefined) return unmarked
  // `access` at Cognito, `access_token` at Ory Hydra.
  const use = claims['token_use']
  if (Object.hasOwn(claims, 'token_use') && use !== 'access' && use !== 'access_token') {
    return wrongType('token_use', 'access', describe(use))
  }
  const kind = foreignKind(claims['typ'])
  if (kind === undefined) return undefined
  return wrongType('typ claim', 'that of an access token', kind)
}

/** Checks that a token has the claim that marks access tokens of this issuer, if there is one. */
export function checkMark(
  claims: JsonObject,
  { tokenUse: rule }: Pick<ClaimReading, 'tokenUse'>,
): Rejection | undefined {
  if (rule === undefined || isMarkedBy(rule, claims)) return undefined
  return wrongType(rule.claim, rule.value ?? 'present', describe(claims[rule.claim]))
}

function isMarkedBy({ claim, value }: TokenUse, claims: JsonObject): boolean {
  return Object.hasOwn(claims, claim) && (value === undefined || claims[claim] === value)
}

function foreignKind(type: unknown): string | undefined {
  return typeof type === 'string' ? FOREIGN_PAYLOAD_TYPES.get(type.toLowerCase()) : undefined
}

/** Describes a claim that does not mark an access token. Its value is not shown, because it may be any claim. */
function describe(value: unknown): string {
  if (typeof value !== 'string') return describeType(value)
  return foreignKind(value) ?? 'a text that does not stand for an access token'
}

function wrongType(check: string, expected: string, found: string): Rejection {
  return new Rejection('wrong_token_type', { check, expected, found })
}
