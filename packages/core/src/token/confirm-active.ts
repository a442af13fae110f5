import { mergeBindings, readBinding } from '../binding/confirmation.ts'
import { type Clock, getMoment, getSeconds, secondsBetween } from '../lib/clock.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { LIMITS } from '../limits.ts'
import { Rejection } from '../response/rejection.ts'
import {
  checkConfirmed,
  inactive,
  introspectToken,
  toIntrospectionTime,
} from './introspection/introspected-token.ts'
import type { VerifiedToken } from './verified-token.ts'
import { type Question, type TokenExchange, verifyToken } from './verify-token.ts'

/** The part of an exchange that this step reads and writes. */
export interface ConfirmExchange extends TokenExchange {
  readonly requirements: {
    /** Seconds since the issuer has called the token active, at most. `undefined`: it need not be asked. */
    readonly introspect: number | undefined
  }
}

/**
 * Step of the pipeline: asks the issuer where its last answer is older than allowed, or where there is none and
 * the guard requires one (401, 503). The new answer counts for the guards that follow. If the issuer does not
 * answer, this guard refuses, and the others keep what they had.
 */
export function confirmActive(exchange: ConfirmExchange): MaybePromise<Rejection | undefined> {
  const { verified, requirements, services, sharedVerification } = exchange
  const maxAge = allowedAge(verified, requirements.introspect)
  const mustAsk = maxAge !== undefined && !isRecent(verified, maxAge, services.clock)
  if (mustAsk && sharedVerification.asking !== undefined) {
    return useAnswer(exchange, sharedVerification.asking)
  }
  if (mustAsk && sharedVerification.failure !== undefined) return sharedVerification.failure
  if (!sharedVerification.isLatest(verified)) return verifyAgain(exchange)
  if (!mustAsk) return undefined
  const askIssuer = () => askAgain(verified, maxAge, services.clock)
  return useAnswer(exchange, sharedVerification.ask(verified, askIssuer))
}

function useAnswer(
  exchange: ConfirmExchange,
  question: Question,
): MaybePromise<Rejection | undefined> {
  return andThen(question.answer, (answer) => {
    if (!question.isLatest()) return verifyAgain(exchange)
    if (answer instanceof Rejection) return answer
    exchange.verified = answer
    return undefined
  })
}

/** Another guard has learned more in the meantime, or a key was distrusted. */
function verifyAgain(exchange: ConfirmExchange): MaybePromise<Rejection | undefined> {
  return andThen(verifyToken(exchange), (rejection) => rejection ?? confirmActive(exchange))
}

/**
 * Returns the seconds for which an answer of the issuer is good for a guard. `undefined`: none is needed.
 *
 * An opaque token was introspected when it was verified. That answer is good for as long as answers are
 * remembered, and at least for the time that the guards of one request take. A request can be a connection that
 * stays open for hours, so it is asked about again after that.
 */
function allowedAge(
  { token, issuer }: VerifiedToken,
  required: number | undefined,
): number | undefined {
  if (token.verifiedBy === 'jwt') return required
  const remembered = Math.max(issuer.introspection!.maxAge, LIMITS.answerOfRequest)
  return Math.min(required ?? Infinity, remembered)
}

/** An answer that was asked for by this request is good for all its guards, for the time that they take. */
function isRecent({ introspected }: VerifiedToken, maxAge: number, clock: Clock): boolean {
  if (introspected === undefined) return false
  const { askedAt, receivedAt } = introspected
  const now = getMoment(clock)
  if (secondsBetween(askedAt, now) < maxAge) return true
  return receivedAt !== undefined && secondsBetween(receivedAt, now) < LIMITS.answerOfRequest
}

function askAgain(
  verified: VerifiedToken,
  maxAge: number,
  clock: Clock,
): MaybePromise<VerifiedToken | Rejection> {
  const { token, issuer, presented } = verified
  const result =
    token.verifiedBy === 'jwt'
      ? confirmJwt(verified, maxAge, clock)
      : introspectToken(presented, issuer, clock, Math.min(maxAge, issuer.introspection!.maxAge))
  return andThen(result, (renewed) =>
    renewed instanceof Rejection ? renewed.with({ issuer: issuer.settings.issuer }) : renewed,
  )
}

/** The claims of a verified JWT stay what they are. The answer can only add a binding, or speak against it. */
function confirmJwt(
  verified: VerifiedToken,
  maxAge: number,
  clock: Clock,
): MaybePromise<VerifiedToken | Rejection> {
  const { token, issuer, presented, binding } = verified
  const { settings, introspection } = issuer
  return andThen(introspection!.ask(presented, maxAge, token), (answer) => {
    if (answer instanceof Rejection) return answer
    const { response } = answer
    if (!response.active) return inactive(settings.issuer)
    return (
      checkConfirmed(response, settings, getSeconds(clock)) ?? {
        ...verified,
        binding: mergeBindings(binding, readBinding(response.claims)),
        introspected: toIntrospectionTime(answer, clock),
      }
    )
  })
}
