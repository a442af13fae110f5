import { sha256 } from '#sha256'
import { checkConfirmation } from './binding/confirmation.ts'
import type { AnswerAges } from './introspection/introspection-cache.ts'
import {
  checkConfirmed,
  checkIntrospected,
  namesIn,
} from './introspection/introspection-response.ts'
import {
  opaqueTokenIssuer,
  type TrustedIssuer,
  trustedIssuer,
  type TrustedIssuers,
} from './issuers/trusted-issuers.ts'
import { type CompactJws, parseCompactJws } from './jwt/compact-jws.ts'
import { verifyJwt } from './jwt/verify-jwt.ts'
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
}

/** What verifying takes. `now` gives seconds since the epoch. */
export interface Verification {
  readonly issuers: TrustedIssuers
  /** `undefined`: nothing is remembered. */
  readonly verdicts: VerdictCache | undefined
  readonly now: () => number
}

/**
 * Verifies a token, unless the same one was verified before and what was found then still holds: its times,
 * and the key that has signed it. Introspected tokens are not remembered here: their issuer's answers are.
 */
export function verifyToken(
  credential: string,
  verification: Verification,
): MaybePromise<VerifiedToken | Rejection> {
  const { verdicts, now } = verification
  if (verdicts === undefined) return judge(credential, verification)
  return andThen(sha256(credential), (hash) => {
    const known = verdicts.find(hash)
    if (known === undefined) return judge(credential, verification, hash)
    return andThen(stillHolds(known, now), (holds) => {
      if (holds) return { token: known.token, issuer: known.issuer, credential, remembered: true }
      verdicts.forget(hash)
      return judge(credential, verification, hash)
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
  { issuers, verdicts, now }: Verification,
  hash?: string,
): MaybePromise<VerifiedToken | Rejection> {
  const jws = parseCompactJws(credential)
  const issuer =
    jws instanceof Rejection
      ? opaqueTokenIssuer(issuers, credential, jws)
      : trustedIssuer(issuers, jws.claims['iss'])
  if (issuer instanceof Rejection) return issuer
  const isIntrospected = jws instanceof Rejection || issuer.settings.tokens === 'opaque'
  const judged = isIntrospected
    ? introspect(credential, issuer, now)
    : verifyHere(jws, issuer, now, (verdict) => {
        if (hash !== undefined) verdicts?.remember(hash, verdict)
      })
  return andThen(judged, (verdict) => {
    if (verdict instanceof Rejection) return verdict.withIssuer(issuer.settings.issuer)
    return { token: verdict, issuer, credential, remembered: false }
  })
}

function verifyHere(
  jws: CompactJws,
  issuer: TrustedIssuer,
  now: () => number,
  remember: (verdict: Verdict) => void,
): MaybePromise<AccessToken | Rejection> {
  const { settings } = issuer
  return andThen(verifyJwt(jws, issuer, now), (signedBy) => {
    if (!(signedBy instanceof Rejection)) {
      const bound = checkConfirmation(jws.claims)
      if (bound !== undefined) return bound
      const token = accessTokenOf(jws.claims, settings, 'jwt', jws.header)
      remember({ token, issuer, signedBy })
      return token
    }
    if (signedBy.reason !== 'keys_unavailable' || settings.tokens !== 'both') return signedBy
    // Where nobody answers at all, the keys are still what is missing.
    return andThen(introspect(jws.token, issuer, now), (judged) =>
      judged instanceof Rejection && judged.reason === 'introspection_unavailable'
        ? signedBy
        : judged,
    )
  })
}

function introspect(
  credential: string,
  issuer: TrustedIssuer,
  now: () => number,
  ages?: AnswerAges,
): MaybePromise<AccessToken | Rejection> {
  const { settings } = issuer
  return andThen(issuer.introspection!.ask(credential, ages), (answer) => {
    if (answer instanceof Rejection) return answer
    if (!answer.active) return inactive(settings.issuer)
    const { claims } = answer
    return (
      checkIntrospected(claims, settings, now()) ??
      checkConfirmation(claims) ??
      accessTokenOf(claims, namesIn(claims, settings), 'introspection')
    )
  })
}

/**
 * Asks the issuer of a verified token whether it is still active, with an answer that is at most `maxAge`
 * seconds old. Where the token was verified here, its claims remain what they are; where the issuer was asked
 * in the first place, its new answer counts.
 */
export function confirmToken(
  verified: VerifiedToken,
  maxAge: number,
  now: () => number,
): MaybePromise<VerifiedToken | Rejection> {
  const { token, issuer, credential } = verified
  const { settings, introspection } = issuer
  const ages = {
    maxAge,
    negativeMaxAge: Math.min(maxAge, settings.introspection!.negativeMaxAge),
  }
  if (token.origin === 'introspection') {
    return andThen(introspect(credential, issuer, now, ages), (renewed) =>
      renewed instanceof Rejection ? renewed : { ...verified, token: renewed },
    )
  }
  return andThen(introspection!.ask(credential, ages), (answer) => {
    if (answer instanceof Rejection) return answer
    if (!answer.active) return inactive(settings.issuer)
    return checkConfirmed(answer.claims, settings, now()) ?? verified
  })
}

function inactive(issuer: string): Rejection {
  const expected = `a token that ${issuer} calls active`
  return new Rejection('inactive', { check: 'active', expected, found: 'one that it does not' })
}
