import type { SharedProof } from '../binding/check-binding.ts'
import { getSeconds } from '../lib/clock.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { Rejection } from '../response/rejection.ts'
import { checkTimes } from './jwt/times.ts'
import type { RequestOfToken, VerificationServices } from './verification.ts'
import type { VerifiedToken } from './verified-token.ts'

/** The verification of one token, shared by the guards of one request. */
export interface SharedVerification {
  /** The proof of the request that contains the token. */
  readonly proof: SharedProof
  /** Returns the SHA-256 hash of the token in base64url. Computes it once. */
  readonly hashToken: () => MaybePromise<string>
  /** `true` if `latest` was called earlier. */
  readonly hasStarted: boolean
  /** Returns the newest result. Waits for a running verification, or starts one if necessary. */
  latest(): MaybePromise<VerifiedToken | Rejection>
  /**
   * Returns the result of `check`, in which the application checks the verified token. The guards of a request share this
   * result. Calls `check` again after a 503, for a newer result of the verification, and after `LIMITS.responseOfRequest`
   * seconds.
   */
  checkOnce(
    verified: VerifiedToken,
    check: () => MaybePromise<Rejection | undefined>,
  ): MaybePromise<Rejection | undefined>
  /**
   * Returns whether `verified` is the newest result. Returns `false` if a key was distrusted after the verification, or if the
   * options of the issuer have changed.
   */
  isLatest(verified: VerifiedToken): boolean
  /** The running introspection call, for other guards that need its result. */
  readonly runningIntrospection: SharedIntrospection | undefined
  /** The rejection of an introspection call that has failed since the last call of `latest`. */
  readonly failure: Rejection | undefined
  /**
   * Introspects the token. The result of the call becomes the newest result. If introspection is unavailable, `verified` stays the
   * newest result.
   */
  introspect(
    verified: VerifiedToken,
    work: () => MaybePromise<VerifiedToken | Rejection>,
  ): SharedIntrospection
}

/** An introspection call for a token. */
export interface SharedIntrospection {
  readonly result: MaybePromise<VerifiedToken | Rejection>
  /** Returns whether the result of this call is the newest result and is not outdated: see `SharedVerification.isLatest`. */
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
  /** The value of `services.distrustCount` when `verified` was written. Written by `verifyToken`. */
  distrustCount: number
}

/** The state shared by the guards of one request: see `request/request-state.ts`. */
export interface SharedState {
  getVerification(
    services: VerificationServices,
    token: string,
    request: RequestOfToken,
  ): SharedVerification
}

/**
 * Verifies the token, as a step of the pipeline (400, 401, 503). The times of the token are checked again for each guard. A
 * long request, such as an upload or a stream, can end after its token has expired.
 */
export function verifyToken(exchange: TokenExchange): MaybePromise<Rejection | undefined> {
  const { services, credentials, state } = exchange
  const verification = state.getVerification(services, credentials.token, exchange)
  exchange.sharedVerification = verification
  const isFirst = !verification.hasStarted
  const latest = verification.latest()
  // A verification that did not wait has just checked the times.
  const isChecked = isFirst && !(latest instanceof Promise)
  return andThen(latest, (verified) => {
    if (verified instanceof Rejection) return verified
    exchange.verified = verified
    exchange.distrustCount = services.distrustCount
    if (isChecked) return undefined
    const { settings } = verified.issuer
    return checkTimes(verified.token.claims, settings, getSeconds(services.clock))
  })
}
