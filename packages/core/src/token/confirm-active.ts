import { type Clock, getMoment, secondsBetween } from '../lib/clock.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { LIMITS } from '../limits.ts'
import { Rejection } from '../response/rejection.ts'
import type { VerifiedToken } from './verified-token.ts'
import { type SharedIntrospection, type TokenExchange, verifyToken } from './verify-token.ts'

/** The part of an exchange that this step reads and writes. */
export interface ConfirmExchange extends TokenExchange {
  readonly requirements: {
    /** Maximum age of an introspection response, in seconds. `undefined`: the guard does not require introspection. */
    readonly introspect: number | undefined
  }
}

/**
 * Introspects the token if this guard needs a newer introspection response. This is the case if there is no response yet, or
 * if the last response is older than allowed. Refuses with 401 or 503, or with 403 if the issuer has no introspection. Later
 * guards of the request use the new response.
 *
 * If introspection is unavailable, this guard refuses. Another guard that waited for the call refuses, too, if it needs the
 * response. All other guards keep the previous result.
 */
export function confirmActive(exchange: ConfirmExchange): MaybePromise<Rejection | undefined> {
  const { verified, requirements, services, sharedVerification } = exchange
  const maxAge = getMaxAge(verified, requirements.introspect)
  const mustIntrospect = maxAge !== undefined && !isRecent(verified, maxAge, services.clock)
  if (mustIntrospect && verified.issuer.introspection === undefined)
    return rejectWithoutIntrospection(verified.token.issuer)
  if (mustIntrospect && sharedVerification.runningIntrospection !== undefined) {
    return useResult(exchange, sharedVerification.runningIntrospection)
  }
  if (mustIntrospect && sharedVerification.failure !== undefined) return sharedVerification.failure
  if (!sharedVerification.isLatest(verified)) return verifyAgain(exchange)
  if (!mustIntrospect) return undefined
  const introspect = () => services.introspection!.introspectAgain(verified, maxAge, services.clock)
  return useResult(exchange, sharedVerification.introspect(verified, introspect))
}

function useResult(
  exchange: ConfirmExchange,
  introspection: SharedIntrospection,
): MaybePromise<Rejection | undefined> {
  return andThen(introspection.result, (verified) => {
    if (!introspection.isLatest()) return verifyAgain(exchange)
    if (verified instanceof Rejection) return verified
    exchange.verified = verified
    return undefined
  })
}

/** Repeats the check with the newest result. Called if another guard has a newer result, or if the last result is outdated. */
function verifyAgain(exchange: ConfirmExchange): MaybePromise<Rejection | undefined> {
  return andThen(verifyToken(exchange), (rejection) => rejection ?? confirmActive(exchange))
}

/**
 * Returns the maximum age of an introspection response for a guard, in seconds. `undefined`: no response is needed.
 *
 * An opaque token was introspected when it was verified. That response is accepted for as long as responses are cached,
 * and for at least `LIMITS.responseOfRequest` seconds. A request can be a connection that stays open for hours, so
 * after that time, the token is introspected again.
 */
function getMaxAge(
  { token, issuer }: VerifiedToken,
  required: number | undefined,
): number | undefined {
  if (token.verifiedBy === 'jwt') return required
  const cachedFor = Math.max(issuer.introspection!.maxAge, LIMITS.responseOfRequest)
  return Math.min(required ?? Infinity, cachedFor)
}

/**
 * Returns whether the last introspection response is recent enough for a guard. If the response was received for this
 * request, all guards of the request accept it for `LIMITS.responseOfRequest` seconds.
 */
function isRecent({ introspected }: VerifiedToken, maxAge: number, clock: Clock): boolean {
  if (introspected === undefined) return false
  const { askedAt, receivedAt } = introspected
  const now = getMoment(clock)
  if (secondsBetween(askedAt, now) < maxAge) return true
  return receivedAt !== undefined && secondsBetween(receivedAt, now) < LIMITS.responseOfRequest
}

/**
 * Rejects a token that cannot be introspected (403). Its issuer is always dynamic: a guard with `introspect` cannot be created if
 * it allows a static issuer without introspection.
 */
function rejectWithoutIntrospection(issuer: string): Rejection {
  const expected = `the option introspection for ${issuer}`
  const explanation = { check: 'issuer', expected, found: 'nothing' }
  const advice =
    'In your code: return introspection from the function resolve in issuers, or remove introspect from the guard.'
  return new Rejection('wrong_issuer', explanation, { advice })
}
