import { describeThrown } from '../authorization-server/network-cause.ts'
import type { Clock } from '../lib/clock.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { callWithLimit } from '../lib/call-with-limit.ts'
import { LIMITS } from '../limits.ts'
import type { AccessToken } from '../model/access-token.ts'
import { describeType, Rejection } from '../response/rejection.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { SharedVerification } from './verify-token.ts'

/** Value of the option `revoked`. */
export type IsRevoked = (token: AccessToken) => MaybePromise<boolean>

/** The part of an exchange that this step reads. */
export interface RevocationExchange {
  readonly verified: VerifiedToken
  /** The verified token with the bindings that the caller has proved. */
  readonly token: AccessToken
  readonly sharedVerification: SharedVerification
  readonly services: { readonly isRevoked: IsRevoked | undefined; readonly clock: Clock }
}

/**
 * Step of the pipeline: asks the application whether it has revoked the token (401). Only `false` lets the token pass. An error,
 * another value, or no result within `LIMITS.revocationTime` seconds gives 503. The guards of a request share a result: see
 * `RequestState` for the rules.
 */
export function checkRevoked({
  verified,
  token,
  sharedVerification,
  services: { isRevoked, clock },
}: RevocationExchange): MaybePromise<Rejection | undefined> {
  if (isRevoked === undefined) return undefined
  const seconds = LIMITS.revocationTime
  return sharedVerification.checkOnce(verified, () =>
    callWithLimit({
      call: () => isRevoked(token),
      onResult: toRejection,
      onError: (error) => unavailable(describeThrown(error)),
      onTimeout: () => unavailable(`no result within ${seconds} s`),
      milliseconds: seconds * 1000,
      clock,
    }),
  )
}

function toRejection(result: unknown): Rejection | undefined {
  if (result === false) return undefined
  if (result !== true) return unavailable(describeType(result))
  return new Rejection('revoked', { check: 'revoked', expected: 'false', found: 'true' })
}

function unavailable(found: string): Rejection {
  const explanation = { check: 'revoked', expected: 'true or false', found }
  return new Rejection('revocation_unavailable', explanation, { retryAfter: 1 })
}
