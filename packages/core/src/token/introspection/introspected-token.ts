import { type Binding, mergeBindings, readBinding, UNBOUND } from '../../binding/confirmation.ts'
import { type Clock, getMoment, getSeconds } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import { getOwn, isOwn } from '../../lib/objects.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import type { AccessToken } from '../../model/access-token.ts'
import type { IssuerSettings } from '../../model/settings.ts'
import { type AcceptedAudiences, checkIntended, getAudience } from '../jwt/audience.ts'
import { checkAudience } from '../jwt/claims.ts'
import { checkTimes } from '../jwt/times.ts'
import { parseCompactJws } from '../jwt/compact-jws.ts'
import { checkForeignKind, checkMark, checkTokenKind } from '../jwt/token-type.ts'
import { Rejection, showValue } from '../../response/rejection.ts'
import { toRejectedToken } from '../rejected-token.ts'
import { toAccessToken } from '../to-access-token.ts'
import type { TrustedIssuer } from '../trusted-issuers.ts'
import type { IntrospectionTime, VerifiedToken } from '../verified-token.ts'
import type { Introspected } from './introspection.ts'
import type { ActiveResponse } from './introspection-response.ts'

/**
 * Introspects a token, and creates a verified token from the response. A cached response is used if it is less than
 * `maxAge` seconds old.
 */
export function introspectToken(
  presented: string,
  issuer: TrustedIssuer,
  clock: Clock,
  maxAge?: number,
): MaybePromise<VerifiedToken | Rejection> {
  const { settings } = issuer
  return andThen(issuer.introspection!.introspect(presented, maxAge), (introspected) => {
    if (introspected instanceof Rejection) return introspected
    const { response } = introspected
    if (!response.active) return rejectInactive(settings.issuer)
    const binding = mergeBindings(readOwnBinding(presented), readBinding(response.claims))
    const token =
      checkIsAccessToken(presented, response, settings) ??
      toIntrospectedToken(response, binding, settings, getSeconds(clock))
    if (token instanceof Rejection) {
      const { claims, reading } = response
      // Clients of another issuer must not be reported as clients of this issuer.
      const isOurs = token.reason !== 'unknown_issuer'
      const rejected = toRejectedToken({ header: {}, claims }, reading, 'introspection')
      return token.with({ token: isOurs ? rejected : { header: {}, claims, isVerified: false } })
    }
    return {
      token,
      binding,
      issuer,
      presented,
      signedBy: undefined,
      cached: false,
      introspected: toIntrospectionTime(introspected, clock),
    }
  })
}

/** Returns the binding in a token that is a JWT. The issuer has confirmed that it issued this token, so its claims are valid. */
function readOwnBinding(presented: string): Binding {
  const jws = parseCompactJws(presented)
  return jws instanceof Rejection ? UNBOUND : readBinding(jws.claims)
}

/** Returns the times of a response. `receivedAt` is set to the current time if the call was made for this request. */
export function toIntrospectionTime(
  { response, isForThisRequest }: Introspected,
  clock: Clock,
): IntrospectionTime {
  const receivedAt = isForThisRequest ? getMoment(clock) : undefined
  return { askedAt: response.askedAt, receivedAt }
}

/**
 * Checks the claim that `tokenUse` names, if the audience does not show that the token is an access token. Without this check, a
 * refresh token of the same client would pass, because it is active and has scopes. If `tokenUse` is not set, this function checks
 * nothing: the options then require a short `maxTokenAge`. If `tokenFormat` is `any`, the function does not check a JWT, because
 * the claims of the JWT were checked earlier.
 */
function checkIsAccessToken(
  presented: string,
  { claims }: ActiveResponse,
  settings: IssuerSettings,
): Rejection | undefined {
  const { audiences, audienceRequiredFrom } = getResponseAudiences(settings)
  const mayBeMissing = audiences === null || audienceRequiredFrom !== undefined
  if (!mayBeMissing || (audiences !== null && getAudience(claims) !== undefined)) return undefined
  const isJwt = settings.tokenFormat === 'any' && !(parseCompactJws(presented) instanceof Rejection)
  return isJwt ? undefined : checkMark(claims, settings)
}

/** Returns the rejection of a token with an inactive introspection response. */
export function rejectInactive(issuer: string): Rejection {
  const expected = `an active token of ${issuer}`
  return new Rejection('inactive', { check: 'active', expected, found: 'an inactive token' })
}

/**
 * Checks the claims of an active response, and creates the access token. An active response means only that the server
 * has issued the token and has not revoked it. So this function also checks the kind of the token, its issuer, its audience, and
 * its times. `now` is in seconds since the epoch.
 *
 * Does not use `username` as an id, because it can be reassigned. The exception is the provider `django-oauth-toolkit`.
 */
export function toIntrospectedToken(
  { claims, reading }: ActiveResponse,
  binding: Binding,
  settings: IssuerSettings,
  now: number,
): AccessToken | Rejection {
  const { allowedClients } = settings
  return (
    checkTokenType(getOwn(claims, 'token_type'), binding) ??
    checkIssuer(claims, settings.issuer) ??
    checkAge(claims, settings) ??
    checkTimes(claims, settings, now) ??
    checkTokenKind(claims, reading, isOwn(claims, 'token_type')) ??
    checkAudience(claims, { ...getResponseAudiences(settings), allowedClients }, reading) ??
    toAccessToken(claims, { ...reading, issuer: settings.issuer }, 'introspection')
  )
}

/**
 * Checks a response about a locally verified token with this binding. Returns a rejection if a member of the response makes the
 * token invalid. Missing members are accepted.
 *
 * Does NOT check whether the response is about this token: `findContradiction` does.
 */
export function checkConfirmed(
  { claims, reading }: ActiveResponse,
  binding: Binding,
  settings: IssuerSettings,
  now: number,
): Rejection | undefined {
  return (
    checkTokenType(getOwn(claims, 'token_type'), binding) ??
    // The audience may be missing from the response.
    checkTimes(claims, { ...settings, audienceRequiredFrom: undefined }, now) ??
    checkForeignKind(claims, reading) ??
    (getAudience(claims) === undefined ? undefined : checkConfirmedAudience(claims, settings))
  )
}

/** Checks the audience of a response about a JWT. A response may lack the audience, but it must not have a wrong one. */
function checkConfirmedAudience(
  claims: JsonObject,
  settings: IssuerSettings,
): Rejection | undefined {
  const ofResponses = getResponseAudiences(settings)
  return checkIntended(claims, ofResponses.audiences === null ? settings : ofResponses)
}

/** Returns the accepted audiences of responses. */
function getResponseAudiences(settings: IssuerSettings): AcceptedAudiences {
  const { introspection } = settings
  if (introspection === undefined || introspection.hasAudiencesOfIssuer) return settings
  return { ...settings, audiences: introspection.audiences, isAudienceDerived: false }
}

/**
 * Checks `token_type` (RFC 6749 section 7.1). For a refresh token, some servers return `refresh_token` here. If `token_type`
 * is `DPoP`, the response or the token must name the key to which the token is bound (RFC 9449 section 6.2).
 */
function checkTokenType(type: unknown, { jkt }: Binding): Rejection | undefined {
  const name = typeof type === 'string' ? type.toLowerCase() : undefined
  if (name === undefined || name === 'bearer' || name === 'access_token') return undefined
  const isBound = name === 'dpop'
  if (isBound && jkt !== undefined) return undefined
  const isRefreshToken = name === 'refresh_token'
  return new Rejection(isBound ? 'unsupported_binding' : 'wrong_token_type', {
    check: 'token_type',
    expected: isBound ? 'DPoP with cnf.jkt' : 'Bearer',
    found: isBound ? 'DPoP' : isRefreshToken ? 'a refresh token' : 'a type that is not Bearer',
  })
}

function checkIssuer(claims: JsonObject, expected: string): Rejection | undefined {
  const iss = getOwn(claims, 'iss')
  if (iss === undefined || iss === expected) return undefined
  return new Rejection('unknown_issuer', { check: 'iss', expected, found: showValue(iss) })
}

function checkAge(claims: JsonObject, { maxTokenAge }: IssuerSettings): Rejection | undefined {
  if (maxTokenAge === undefined || getOwn(claims, 'iat') !== undefined) return undefined
  return new Rejection('missing_claim', { check: 'iat', expected: 'present', found: 'nothing' })
}
