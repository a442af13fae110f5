import type { JsonObject } from '../../lib/json.ts'
import { ifOwn, isOwn } from '../../lib/objects.ts'
import type { ClaimReading, IssuerSettings, TokenUse } from '../../model/settings.ts'
import { describeType, Rejection, showClaimed } from '../../response/rejection.ts'
import { getClaim, showClaimPath } from '../../subject/claim-path.ts'
import { claimNames, getNamedClients } from '../../subject/client-id.ts'
import { hold } from '../../subject/conditions.ts'
import { describeForeignMediaType, isMediaTypeOf } from '../../subject/media-types.ts'
import type { ClientIdClaim } from '../../subject/profile.ts'

/**
 * Checks `typ` (RFC 7515 section 4.1.9). With the profile of RFC 9068 (section 4), it must be `at+jwt`. Without a profile, `JWT`, a
 * value of the option `acceptTyp` and a missing `typ` are accepted too, because many servers do not use `at+jwt`. Every other
 * value is rejected as another kind of token.
 */
export function checkMediaType(
  typ: unknown,
  { jwtProfile, acceptedTypes }: Pick<IssuerSettings, 'jwtProfile' | 'acceptedTypes'>,
): Rejection | undefined {
  if (typ === 'at+jwt' || (typ === undefined && jwtProfile === undefined)) return undefined
  const accepted =
    jwtProfile === undefined ? ['at+jwt', 'jwt', ...acceptedTypes] : ACCESS_TOKEN_TYPES
  if (isMediaTypeOf(accepted, typ)) return undefined
  return checkForeignMediaType(typ) ?? wrongType('typ', accepted.join(' or '), showClaimed(typ))
}

/** Rejects the `typ` of a token that is never an access token, whatever the options are. */
export function checkForeignMediaType(typ: unknown): Rejection | undefined {
  const kind = describeForeignMediaType(typ)
  return kind === undefined
    ? undefined
    : wrongType('typ', 'the type of an access token', `claimed ${kind}`)
}

/** Returns whether `typ` is the media type of access tokens, `at+jwt` (RFC 9068 section 2.1). */
export function isAccessTokenType(typ: unknown): boolean {
  return isMediaTypeOf(ACCESS_TOKEN_TYPES, typ)
}

const ACCESS_TOKEN_TYPES = ['at+jwt']

/** Claims that access tokens do not have, with the kind of token that has them. */
const FOREIGN_CLAIMS = [
  ['at_hash', 'an ID token'],
  ['c_hash', 'an ID token'],
  ['s_hash', 'an ID token'],
  ['events', 'a security event or logout token'],
  ['token_introspection', 'an introspection response'],
  ['htu', 'a DPoP proof'],
  ['response_type', 'a request object'],
] as const

/** Values of the claim `typ` (not the header parameter) that some servers use, with the kind of token. */
const FOREIGN_PAYLOAD_TYPES: ReadonlyMap<unknown, string> = new Map([
  ['id', 'an ID token'],
  ['refresh', 'a refresh token'],
  ['offline', 'a refresh token'],
  ['logout', 'a logout token'],
])

/**
 * Claims that only access tokens have. The configured scope claim is not among them: it can be a claim that ID tokens
 * have too, such as `roles`. `aud` is not among them, because every token has it.
 */
const ACCESS_TOKEN_CLAIMS: readonly ClientIdClaim[] = ['scope', 'scp', 'client_id']

/**
 * Checks that the claims of a token can be those of an access token. Issuers sign other tokens with the same keys (RFC 8725 section
 * 3.12).
 *
 * An ID token is detected by `at_hash`, `c_hash` or `s_hash`, by its `typ` or `token_use`, or by a `nonce` without a scope or
 * client id. A token without any evidence of an access token is also rejected: it has no marker, no scope and no client id.
 * The simplest ID tokens have none of these claims, and their audience may be any client id.
 *
 * `isMarked`: `true` if the `typ` of the header marks the token as an access token, or if the introspection response has
 * `token_type`. If such a token has no `nonce`, this function checks only the claims that `checkForeignKind` checks.
 */
export function checkTokenKind(
  claims: JsonObject,
  reading: ClaimReading,
  isMarked: boolean,
): Rejection | undefined {
  const foreign = checkForeignKind(claims, reading)
  if (foreign !== undefined) return foreign
  const nonce = ifOwn(claims['nonce'], claims, 'nonce')
  if (isMarked && nonce === undefined) return undefined
  const { tokenUse, clientIdClaims } = reading
  const isEvidence = (named: ClientIdClaim) =>
    named !== 'aud' && getNamedClients(named, claims) !== undefined
  const isStrongEvidence = (named: ClientIdClaim) => named !== 'azp' && isEvidence(named)
  const hasMarker = isMarked || tokenUse !== undefined || isOwn(claims, 'token_use')
  if (!hasMarker && !ACCESS_TOKEN_CLAIMS.some(isEvidence) && !clientIdClaims.some(isEvidence)) {
    const names = claimNames([
      ...ACCESS_TOKEN_CLAIMS,
      ...clientIdClaims.filter((named) => named !== 'aud'),
    ])
    return wrongType(names.join(', '), 'at least one of these claims', 'none of them')
  }
  // ID tokens may have `azp`, too. So if there is a `nonce`, `azp` is not evidence of an access token, even if `clientIdClaims`
  // contains `azp`.
  if (
    nonce !== undefined &&
    !mayHaveNonce(claims, reading) &&
    !ACCESS_TOKEN_CLAIMS.some(isStrongEvidence) &&
    !clientIdClaims.some(isStrongEvidence)
  ) {
    return wrongType('nonce', 'no nonce in a token without a scope or client id', 'an ID token')
  }
  return undefined
}

/** Returns `true` if access tokens of the provider may have a `nonce`, and the claims are those of such an access token. */
function mayHaveNonce(claims: JsonObject, { subjects }: ClaimReading): boolean {
  const conditions = subjects.profile?.nonceWhen
  return conditions !== undefined && hold(conditions, claims, { claims, clientId: undefined })
}

/**
 * Checks that no claim marks another kind of token. If `tokenUse` is set, the token must have this mark. Does NOT require any
 * other evidence of an access token.
 */
export function checkForeignKind(
  claims: JsonObject,
  { tokenUse: rule }: ClaimReading,
): Rejection | undefined {
  if (mayHaveForeignClaim(claims)) {
    for (const [name, kind] of FOREIGN_CLAIMS) {
      if (isOwn(claims, name)) return wrongType(name, 'no such claim', `a claim of ${kind}`)
    }
  }
  const unmarked = checkMark(claims, { tokenUse: rule })
  if (unmarked !== undefined) return unmarked
  // Cognito writes `access`, and Ory Hydra writes `access_token`.
  const use = ifOwn(claims['token_use'], claims, 'token_use')
  if (use !== undefined && use !== 'access' && use !== 'access_token') {
    return wrongType('token_use', 'access', describe(use))
  }
  const kind = foreignKind(ifOwn(claims['typ'], claims, 'typ'))
  if (kind === undefined) return undefined
  return wrongType('typ claim', 'the type of an access token', kind)
}

/** Returns `false` if a token has none of `FOREIGN_CLAIMS`. Reads the claims by constant names, because a loop is slower. */
function mayHaveForeignClaim(claims: JsonObject): boolean {
  return (
    claims['at_hash'] !== undefined ||
    claims['c_hash'] !== undefined ||
    claims['s_hash'] !== undefined ||
    claims['events'] !== undefined ||
    claims['token_introspection'] !== undefined ||
    claims['htu'] !== undefined ||
    claims['response_type'] !== undefined
  )
}

/** Checks that a token has the claim that marks access tokens of this issuer, if `tokenUse` is configured. */
export function checkMark(
  claims: JsonObject,
  { tokenUse: rule }: Pick<ClaimReading, 'tokenUse'>,
): Rejection | undefined {
  if (rule === undefined || isMarkedBy(rule, claims)) return undefined
  const found = describe(getClaim(claims, rule.claim))
  return wrongType(showClaimPath(rule.claim), rule.value ?? 'any value', found)
}

function isMarkedBy({ claim, value }: TokenUse, claims: JsonObject): boolean {
  const found = getClaim(claims, claim)
  return found !== undefined && (value === undefined || found === value)
}

function foreignKind(type: unknown): string | undefined {
  return typeof type === 'string' ? FOREIGN_PAYLOAD_TYPES.get(type.toLowerCase()) : undefined
}

/** Describes a claim that does not mark an access token. Its value is not shown, because it may be personal. */
function describe(value: unknown): string {
  if (typeof value !== 'string') return describeType(value)
  return foreignKind(value) ?? 'a text that does not mark an access token'
}

function wrongType(check: string, expected: string, found: string): Rejection {
  return new Rejection('wrong_token_type', { check, expected, found })
}
