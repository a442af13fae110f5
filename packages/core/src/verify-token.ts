import { sha256 } from '#sha256'
import { checkConfirmation } from './binding/confirmation.ts'
import type { Clock, Moment } from './clock.ts'
import { checkB64token } from './credentials/bearer.ts'
import { introspectedToken } from './introspection/introspected-token.ts'
import {
  opaqueTokenIssuer,
  type TrustedIssuer,
  trustedIssuer,
  type TrustedIssuers,
} from './issuers/trusted-issuers.ts'
import { type CompactJws, parseCompactJws } from './jwt/compact-jws.ts'
import { checkClaims, verifyJwt } from './jwt/verify-jwt.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'
import { Rejection } from './outcome/rejection.ts'
import { type AccessToken, accessTokenOf } from './token/access-token.ts'
import { stillHolds, type Verdict } from './verdicts/verdict.ts'
import type { VerdictCache } from './verdicts/verdict-cache.ts'

/** A token that has been verified, and what it takes to ask its issuer once more. */
export interface VerifiedToken {
  readonly token: AccessToken
  readonly issuer: TrustedIssuer
  readonly credential: string
  /** Whether that was known from before. */
  readonly remembered: boolean
  /** When its issuer was asked about it; `undefined`: not at all. */
  readonly asked: Asked | undefined
}

interface Asked {
  readonly at: Moment
  /** For this very request, and not for one before. */
  readonly anew: boolean
}

/** What verifying takes. */
export interface Verification {
  readonly issuers: TrustedIssuers
  /** `undefined`: nothing is remembered. */
  readonly verdicts: VerdictCache | undefined
  readonly clock: Clock
}

/**
 * Verifies a token, unless the same one was verified before and what was found then still holds: its times,
 * and the key that has signed it. Introspected tokens are not remembered here: their issuer's answers are.
 */
export function verifyToken(
  credential: string,
  verification: Verification,
): MaybePromise<VerifiedToken | Rejection> {
  const { verdicts, clock } = verification
  if (verdicts === undefined) return judge(credential, verification, () => {})
  return andThen(sha256(credential), (hash) => {
    const remember = (verdict: Verdict) => verdicts.remember(hash, verdict)
    const known = verdicts.find(hash)
    if (known === undefined) return judge(credential, verification, remember)
    return andThen(stillHolds(known, secondsOf(clock)), (holds) => {
      if (holds === true) {
        const { token, issuer } = known
        return { token, issuer, credential, remembered: true, asked: undefined }
      }
      verdicts.forget(hash)
      return judge(credential, verification, remember)
    })
  })
}

/**
 * Which way a token goes. What looks like a signed token belongs to the issuer that it names, and is refused
 * where that is not one of ours: it is sent nowhere. Everything else belongs to the one issuer of opaque
 * tokens, if there is one. An issuer of both kinds is asked about a signed token only where its keys cannot be
 * had; what was refused here stays refused.
 */
function judge(
  credential: string,
  { issuers, clock }: Verification,
  remember: (verdict: Verdict) => void,
): MaybePromise<VerifiedToken | Rejection> {
  const jws = parseCompactJws(credential)
  const issuer =
    jws instanceof Rejection
      ? (checkB64token(credential) ?? opaqueTokenIssuer(issuers, credential, jws))
      : trustedIssuer(issuers, jws.claims['iss'])
  if (issuer instanceof Rejection) return issuer
  const isIntrospected = jws instanceof Rejection || issuer.settings.tokens === 'opaque'
  const judged = isIntrospected
    ? introspect(credential, issuer, clock)
    : verifyHere(jws, issuer, clock, remember)
  return andThen(judged, (verified) =>
    verified instanceof Rejection ? verified.withIssuer(issuer.settings.issuer) : verified,
  )
}

function verifyHere(
  jws: CompactJws,
  issuer: TrustedIssuer,
  clock: Clock,
  remember: (verdict: Verdict) => void,
): MaybePromise<VerifiedToken | Rejection> {
  const { settings } = issuer
  return andThen(verifyJwt(jws, issuer, secondsOf(clock)), (signedBy) => {
    if (!(signedBy instanceof Rejection)) {
      const bound = checkConfirmation(jws.claims)
      if (bound !== undefined) return bound
      const token = accessTokenOf(jws.claims, settings, 'jwt', jws.header)
      remember({ token, issuer, signedBy })
      return { token, issuer, credential: jws.token, remembered: false, asked: undefined }
    }
    if (signedBy.reason !== 'keys_unavailable' || settings.tokens !== 'both') return signedBy
    return askInstead(jws, issuer, clock, signedBy)
  })
}

/** Asks the issuer about a JWT that cannot be verified, unless it says itself that it is no good. */
function askInstead(
  jws: CompactJws,
  issuer: TrustedIssuer,
  clock: Clock,
  unverified: Rejection,
): MaybePromise<VerifiedToken | Rejection> {
  const refused =
    checkClaims(jws, issuer.settings, secondsOf(clock)()) ?? checkConfirmation(jws.claims)
  if (refused !== undefined) return refused
  // Where nobody answers at all, the keys are still what is missing.
  return andThen(introspect(jws.token, issuer, clock), (judged) =>
    judged instanceof Rejection && judged.reason === 'introspection_unavailable'
      ? unverified
      : judged,
  )
}

/** Asks the issuer, with an answer less than `maxAge` seconds old, and takes what it says for the token. */
export function introspect(
  credential: string,
  issuer: TrustedIssuer,
  clock: Clock,
  maxAge?: number,
): MaybePromise<VerifiedToken | Rejection> {
  const { settings } = issuer
  return andThen(issuer.introspection!.ask(credential, maxAge), (introspected) => {
    if (introspected instanceof Rejection) return introspected
    const { response, anew } = introspected
    if (!response.active) return inactive(settings.issuer)
    const token = introspectedToken(response, settings, secondsOf(clock)())
    if (token instanceof Rejection) return token
    const asked = { at: response.askedAt, anew }
    return { token, issuer, credential, remembered: false, asked }
  })
}

/** The issuer says that the token is none, or none any more. */
export function inactive(issuer: string): Rejection {
  const expected = `a token that ${issuer} calls active`
  return new Rejection('inactive', { check: 'active', expected, found: 'one that it does not' })
}

/** Seconds since the epoch. */
function secondsOf(clock: Clock): () => number {
  return () => clock.now() / 1000
}
