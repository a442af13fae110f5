import { readBinding } from '../../binding/confirmation.ts'
import { type Clock, getMoment, getSeconds } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import type { AccessToken } from '../../model/access-token.ts'
import type { IssuerSettings } from '../../model/settings.ts'
import { checkAudience, checkIntended, getAudience } from '../jwt/claims.ts'
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
 * Asks the issuer about a token, with an answer that is less than `maxAge` seconds old, and makes the verified
 * token of the answer.
 */
export function introspectToken(
  presented: string,
  issuer: TrustedIssuer,
  clock: Clock,
  maxAge?: number,
): MaybePromise<VerifiedToken | Rejection> {
  const { settings } = issuer
  return andThen(issuer.introspection!.ask(presented, maxAge), (answer) => {
    if (answer instanceof Rejection) return answer
    const { response } = answer
    if (!response.active) return inactive(settings.issuer)
    const token =
      checkPurpose(presented, response, settings) ??
      introspectedToken(response, settings, getSeconds(clock))
    if (token instanceof Rejection) {
      const { claims, reading } = response
      // An answer about the token of another issuer says nothing about our clients.
      const isOurs = token.reason !== 'unknown_issuer'
      const rejected = toRejectedToken({ header: {}, claims }, reading, 'introspection')
      return token.with({ token: isOurs ? rejected : { header: {}, claims, isVerified: false } })
    }
    return {
      token,
      binding: readBinding(response.claims),
      issuer,
      presented,
      signedBy: undefined,
      cached: false,
      introspected: toIntrospectionTime(answer, clock),
    }
  })
}

/** The times of an answer that has just been received. */
export function toIntrospectionTime(
  { response, isForThisRequest }: Introspected,
  clock: Clock,
): IntrospectionTime {
  const receivedAt = isForThisRequest ? getMoment(clock) : undefined
  return { askedAt: response.askedAt, receivedAt }
}

/**
 * Checks that a token is an access token where no audience says so: a refresh token of the same client is active, too,
 * and has scopes. The claims of a JWT were checked before the issuer was asked.
 */
function checkPurpose(
  presented: string,
  { claims }: ActiveResponse,
  settings: IssuerSettings,
): Rejection | undefined {
  if (getResponseAudiences(settings) !== null) return undefined
  const isJwt = settings.tokenFormat === 'any' && !(parseCompactJws(presented) instanceof Rejection)
  return isJwt ? undefined : checkMark(claims, settings)
}

/** The rejection of a token that its issuer calls inactive. */
export function inactive(issuer: string): Rejection {
  const expected = `a token that ${issuer} calls active`
  return new Rejection('inactive', { check: 'active', expected, found: 'an inactive token' })
}

/**
 * Checks a response that calls a token active against what an access token of this issuer for this API has to
 * be, and makes the model of it. The server says only that it has issued the token and not revoked it. Whether
 * it is an access token, for which audience, and whether its times are met is checked here. `now` is in
 * seconds since the epoch.
 *
 * Never reads `username`: a name can pass to another user.
 */
export function introspectedToken(
  { claims, reading }: ActiveResponse,
  settings: IssuerSettings,
  now: number,
): AccessToken | Rejection {
  const { allowedClients } = settings
  return (
    checkTokenType(claims['token_type']) ??
    checkIssuer(claims, settings.issuer) ??
    checkAge(claims, settings) ??
    checkTimes(claims, settings, now) ??
    checkTokenKind(claims, reading, Object.hasOwn(claims, 'token_type')) ??
    checkAudience(claims, { audiences: getResponseAudiences(settings), allowedClients }, reading) ??
    toAccessToken(claims, { ...reading, issuer: settings.issuer }, 'introspection')
  )
}

/**
 * Checks a response about a token that was verified here: nothing in it may speak against the token. Members
 * that the response leaves out are not required.
 *
 * Does NOT check whether the response is about this token: `findContradiction` does.
 */
export function checkConfirmed(
  { claims, reading }: ActiveResponse,
  settings: IssuerSettings,
  now: number,
): Rejection | undefined {
  return (
    checkTokenType(claims['token_type']) ??
    checkTimes(claims, settings, now) ??
    checkForeignKind(claims, reading) ??
    (getAudience(claims) === undefined ? undefined : checkConfirmedAudience(claims, settings))
  )
}

/** A response about a JWT may leave its audience out, and may not name another one. */
function checkConfirmedAudience(
  claims: JsonObject,
  settings: IssuerSettings,
): Rejection | undefined {
  return checkIntended(claims, { audiences: getResponseAudiences(settings) ?? settings.audiences })
}

/** The audiences of responses. */
function getResponseAudiences({
  introspection,
  audiences,
}: IssuerSettings): readonly string[] | null {
  return introspection === undefined ? audiences : introspection.audiences
}

/** RFC 6749 section 7.1. Servers say `refresh_token` here where they have introspected one. */
function checkTokenType(type: unknown): Rejection | undefined {
  const name = typeof type === 'string' ? type.toLowerCase() : undefined
  if (name === undefined || name === 'bearer' || name === 'access_token') return undefined
  const isBound = name === 'dpop'
  const isRefreshToken = name === 'refresh_token'
  return new Rejection(isBound ? 'unsupported_binding' : 'wrong_token_type', {
    check: 'token_type',
    expected: 'Bearer',
    found: isBound ? 'DPoP' : isRefreshToken ? 'a refresh token' : 'a type that is not Bearer',
  })
}

function checkIssuer({ iss }: JsonObject, expected: string): Rejection | undefined {
  if (iss === undefined || iss === expected) return undefined
  return new Rejection('unknown_issuer', { check: 'iss', expected, found: showValue(iss) })
}

function checkAge({ iat }: JsonObject, { maxTokenAge }: IssuerSettings): Rejection | undefined {
  if (maxTokenAge === undefined || iat !== undefined) return undefined
  return new Rejection('missing_claim', { check: 'iat', expected: 'present', found: 'nothing' })
}
