import { getSeconds } from '../lib/clock.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { Rejection } from '../response/rejection.ts'
import { checkTimes } from './jwt/times.ts'
import type { RequestOfToken, VerificationServices } from './verification.ts'
import type { VerifiedToken } from './verified-token.ts'

/** The verification of a token, which the guards of one request share. */
export interface SharedVerification {
  /** Returns the newest result. Starts the verification if there is none, and waits for one under way. */
  latest(): MaybePromise<VerifiedToken | Rejection>
  /** Returns whether this is the newest result, and no key has been distrusted since. */
  isLatest(verified: VerifiedToken): boolean
  /** The question to the issuer that is under way, for guards that need its answer, too. */
  readonly asking: Question | undefined
  /** The rejection of a question that was asked while `latest` has waited, and got no answer. */
  readonly failure: Rejection | undefined
  /**
   * Asks the issuer about the token. The answer becomes the newest result. If the issuer gives none, `verified`
   * stays what is known.
   */
  ask(verified: VerifiedToken, work: () => MaybePromise<VerifiedToken | Rejection>): Question
}

/** A question to the issuer about a token. */
export interface Question {
  readonly answer: MaybePromise<VerifiedToken | Rejection>
  /** Returns whether its answer is the newest result, and no key has been distrusted since. */
  isLatest(): boolean
}

/** The part of an exchange that this step reads and writes. */
export interface TokenExchange extends RequestOfToken {
  readonly services: VerificationServices
  readonly credentials: { readonly token: string }
  readonly state: SharedState
  /** Written by `verifyToken`. */
  sharedVerification: SharedVerification
  /** Written by `verifyToken`. */
  verified: VerifiedToken
  /** The `distrustCount` for which `verified` was written. Written by `verifyToken`. */
  distrustCount: number
}

/** The state that the guards of one request share: see `request/request-state.ts`. */
export interface SharedState {
  getVerification(
    services: VerificationServices,
    token: string,
    request: RequestOfToken,
  ): SharedVerification
}

/**
 * Step of the pipeline: verifies the token (401, 503). Its times are checked for each guard: a request can
 * outlive its token, as an upload or a stream does.
 */
export function verifyToken(exchange: TokenExchange): MaybePromise<Rejection | undefined> {
  const { services, credentials, state } = exchange
  exchange.sharedVerification = state.getVerification(services, credentials.token, exchange)
  return andThen(exchange.sharedVerification.latest(), (verified) => {
    if (verified instanceof Rejection) return verified
    exchange.verified = verified
    exchange.distrustCount = services.distrustCount
    const { settings } = verified.issuer
    return checkTimes(verified.token.claims, settings, getSeconds(services.clock))
  })
}
