import { checkConfirmation } from '../binding/confirmation.ts'
import type { JsonObject } from '../encoding/json.ts'
import type { IssuerSettings } from '../issuers/issuer-settings.ts'
import { checkAudience, checkIntended } from '../jwt/claims.ts'
import { checkTimes } from '../jwt/time.ts'
import { checkForeignKind, checkTokenKind } from '../jwt/token-type.ts'
import { Rejection } from '../outcome/rejection.ts'
import { claimNames, namedBy } from '../subject/client-id.ts'
import { type AccessToken, accessTokenOf } from '../token/access-token.ts'
import type { ActiveResponse } from './introspection-response.ts'

/**
 * Holds a response that calls a token active against what an access token of this issuer for this API has to
 * be, and makes the model of it. That the server calls a token active says that it has issued it and not
 * withdrawn it: whether it is an access token, whom it is for and whether it is still in its time is ours to
 * check. `now` is in seconds since the epoch.
 *
 * Never reads `username`: it may change hands.
 */
export function introspectedToken(
  { claims, reading }: ActiveResponse,
  settings: IssuerSettings,
  now: number,
): AccessToken | Rejection {
  return (
    checkTokenType(claims['token_type']) ??
    checkIssuer(claims, settings.issuer) ??
    checkAge(claims, settings) ??
    checkTimes(claims, settings, now) ??
    checkTokenKind(claims, reading, Object.hasOwn(claims, 'token_type')) ??
    checkAudience(claims, settings, reading) ??
    checkConfirmation(claims) ??
    accessTokenOf(claims, { ...reading, issuer: settings.issuer }, 'introspection')
  )
}

/**
 * The same for a token that has been verified here: nothing in the response may speak against it, and nothing
 * has to be repeated.
 *
 * Does NOT check whether the response is about this token: `contradictionOf` does.
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
    (Object.hasOwn(claims, 'aud') ? checkIntended(claims, settings) : undefined) ??
    checkConfirmation(claims)
  )
}

/**
 * The member by which a response shows that it is not about this token, which has been verified here. What only
 * one of them says is no contradiction.
 */
export function contradictionOf(
  { claims, reading }: ActiveResponse,
  token: AccessToken,
): string | undefined {
  const isOther = (said: unknown, known: unknown) =>
    said !== undefined && known !== undefined && said !== known
  const contradicting = IDENTIFIERS.find((name) => isOther(claims[name], token.claims[name]))
  if (contradicting !== undefined) return contradicting
  // Under one name they have to say the same. Else the client counts, unless it was configured what names it.
  const isConfigured = reading.subjects.clientIdClaim !== undefined
  const knownAs = (name: string) =>
    token.claims[name] ?? (isConfigured ? undefined : token.clientId)
  return claimNames(reading.clientIdClaims).find((name, i) =>
    isOther(namedBy(reading.clientIdClaims[i]!, claims), knownAs(name)),
  )
}

const IDENTIFIERS = ['iss', 'sub', 'jti'] as const

/** RFC 6749 section 7.1. Servers say `refresh_token` here where they have introspected one. */
function checkTokenType(type: unknown): Rejection | undefined {
  const name = typeof type === 'string' ? type.toLowerCase() : undefined
  if (name === undefined || name === 'bearer' || name === 'access_token') return undefined
  const isBound = name === 'dpop'
  return new Rejection(isBound ? 'unsupported_binding' : 'wrong_token_type', {
    check: 'token_type',
    expected: 'Bearer',
    found: isBound ? 'DPoP' : 'another type',
  })
}

function checkIssuer({ iss }: JsonObject, expected: string): Rejection | undefined {
  if (iss === undefined || iss === expected) return undefined
  return new Rejection('unknown_issuer', { check: 'iss', expected, found: 'another issuer' })
}

function checkAge({ iat }: JsonObject, { maxTokenAge }: IssuerSettings): Rejection | undefined {
  if (maxTokenAge === undefined || iat !== undefined) return undefined
  return new Rejection('missing_claim', { check: 'iat', expected: 'present', found: 'nothing' })
}
