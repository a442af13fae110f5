import type { JsonObject } from '../encoding/json.ts'
import type { IssuerSettings } from '../issuers/issuer-settings.ts'
import { checkAudience, checkClaimTypes } from '../jwt/claims.ts'
import { checkTimes } from '../jwt/time.ts'
import { checkTokenKind } from '../jwt/token-type.ts'
import { kindOf, Rejection } from '../outcome/rejection.ts'
import { clientIdClaims } from '../subject/context.ts'
import type { ScopeSource } from '../subject/profile.ts'
import { scopeSourceOf } from '../subject/scope-source.ts'
import { AnswerError } from './failure.ts'
import { type Answer, INACTIVE } from './introspection-cache.ts'

/** RFC 7662 section 2.2. */
const SCOPE: ScopeSource = { claim: 'scope', format: 'string' }

/**
 * Reads an introspection answer (RFC 7662 section 2.2), which took so many bytes. `active` has to be a
 * boolean: everything else is no answer, and throws an `AnswerError`. Of a token that is not active nothing
 * else is read.
 */
export function readAnswer(members: JsonObject, bytes: number): Answer {
  const { active } = members
  if (typeof active !== 'boolean') {
    throw new AnswerError('malformed', `the member active is ${kindOf(active)}, and no boolean`)
  }
  return active ? { active, claims: members, bytes } : INACTIVE
}

/**
 * Holds the members of an `active` answer against what an access token of this issuer for this API has to be.
 * That the server calls a token active says that it has issued it and not withdrawn it: whether it is an
 * access token, whom it is for and whether it is still in its time is ours to check. `now` is in seconds.
 *
 * Does NOT look at `cnf`, and never reads `username`: it may change hands.
 */
export function checkIntrospected(
  claims: JsonObject,
  settings: IssuerSettings,
  now: number,
): Rejection | undefined {
  const names = namesIn(claims, settings)
  return (
    checkConsistency(claims, names, now) ??
    checkTokenKind(claims, names, claims['token_type'] === undefined ? undefined : 'at+jwt') ??
    checkAudience(claims, names)
  )
}

/**
 * The same for a token that has been verified here: what the server says must not contradict it, and need
 * not repeat it.
 */
export function checkConfirmed(
  claims: JsonObject,
  settings: IssuerSettings,
  now: number,
): Rejection | undefined {
  const names = namesIn(claims, settings)
  return (
    checkConsistency(claims, names, now) ??
    (Object.hasOwn(claims, 'aud') ? checkAudience(claims, names) : undefined)
  )
}

function checkConsistency(claims: JsonObject, settings: IssuerSettings, now: number) {
  const required = settings.maxTokenAge === undefined ? [] : ['iat']
  return (
    checkTokenType(claims['token_type']) ??
    checkIssuer(claims, settings.issuer) ??
    checkClaimTypes(claims, settings, required, 'introspection') ??
    checkTimes(claims, settings, now)
  )
}

/**
 * Where the members of an answer stand: RFC 7662 names them `client_id` and `scope`, whatever an issuer
 * calls them in its JWTs, and has no rule for the kind of a token that such a claim would mark. What has been
 * configured, and what the profile says about answers, goes first where it is there.
 */
export function namesIn(claims: JsonObject, settings: IssuerSettings): IssuerSettings {
  const { tokenKindClaim: rule, scopeSources } = settings
  const has = (name: string) => Object.hasOwn(claims, name)
  const { clientIdClaim } = settings.subjects
  const subjects =
    clientIdClaim === undefined || has(clientIdClaim)
      ? settings.subjects
      : { ...settings.subjects, clientIdClaim: 'client_id' }
  const present = scopeSources.filter(({ claim }) => has(claim))
  return {
    ...settings,
    subjects,
    clientIdClaims: clientIdClaims(subjects, 'introspection'),
    scopeSources: [scopeSourceOf(claims, present, 'introspection') ?? SCOPE],
    tokenKindClaim: rule !== undefined && has(rule.name) ? rule : undefined,
  }
}

/** RFC 6749 section 7.1. Servers say `refresh_token` here where they have introspected one. */
function checkTokenType(type: unknown): Rejection | undefined {
  if (type === undefined) return undefined
  const name = typeof type === 'string' ? type.toLowerCase() : ''
  if (name === 'bearer' || name === 'access_token') return undefined
  const found = name === 'dpop' ? 'DPoP' : name === '' ? kindOf(type) : 'another type'
  const reason = name === 'dpop' ? 'unsupported_binding' : 'wrong_token_type'
  return new Rejection(reason, { check: 'token_type', expected: 'Bearer', found })
}

function checkIssuer(claims: JsonObject, expected: string): Rejection | undefined {
  const { iss } = claims
  if (!Object.hasOwn(claims, 'iss') || iss === expected) return undefined
  const found = typeof iss === 'string' ? 'another issuer' : kindOf(iss)
  return new Rejection('unknown_issuer', { check: 'iss', expected, found })
}
