import { type Clock, momentOf, secondsBetween } from './clock.ts'
import { checkConfirmed } from './introspection/introspected-token.ts'
import { LIMITS } from './limits.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'
import { Rejection } from './outcome/rejection.ts'
import { inactive, introspect, type VerifiedToken } from './verify-token.ts'

/**
 * How old the issuer's word about a token may be for a guard, in seconds: `freshness` is what the guard asks
 * for. What the issuer alone has judged is good for as long as answers are remembered, and for the time that
 * the guards of one request take, but not for longer: a request may be a connection that lives for hours.
 * `undefined`: nothing is asked for.
 */
export function ageAllowed(
  { token, issuer }: VerifiedToken,
  freshness: number | undefined,
): number | undefined {
  if (token.origin === 'jwt') return freshness
  const byItself = Math.max(issuer.introspection!.maxAge, LIMITS.answerOfRequest)
  return Math.min(freshness ?? Infinity, byItself)
}

/**
 * Whether the issuer's word about a token is young enough. What was asked for this very request is good for all
 * guards of it, for the time that they take.
 */
export function isFresh({ asked }: VerifiedToken, maxAge: number, clock: Clock): boolean {
  if (asked === undefined) return false
  const limit = asked.anew ? Math.max(maxAge, LIMITS.answerOfRequest) : maxAge
  return secondsBetween(asked.at, momentOf(clock)) < limit
}

/**
 * Asks the issuer of a verified token whether it is still active, with an answer that is less than `maxAge`
 * seconds old. Where the token was verified here, its claims remain what they are; where the issuer was asked
 * in the first place, its new answer counts.
 */
export function confirmToken(
  verified: VerifiedToken,
  maxAge: number,
  clock: Clock,
): MaybePromise<VerifiedToken | Rejection> {
  const { token, issuer, credential } = verified
  const confirmed =
    token.origin === 'jwt'
      ? confirmJwt(verified, maxAge, clock)
      : introspect(credential, issuer, clock, Math.min(maxAge, issuer.introspection!.maxAge))
  return andThen(confirmed, (renewed) =>
    renewed instanceof Rejection ? renewed.withIssuer(issuer.settings.issuer) : renewed,
  )
}

function confirmJwt(
  verified: VerifiedToken,
  maxAge: number,
  clock: Clock,
): MaybePromise<VerifiedToken | Rejection> {
  const { token, issuer, credential } = verified
  const { settings, introspection } = issuer
  return andThen(introspection!.ask(credential, maxAge, token), (introspected) => {
    if (introspected instanceof Rejection) return introspected
    const { response, anew } = introspected
    if (!response.active) return inactive(settings.issuer)
    const asked = { at: response.askedAt, anew }
    return checkConfirmed(response, settings, clock.now() / 1000) ?? { ...verified, asked }
  })
}
