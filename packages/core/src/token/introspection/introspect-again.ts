import { mergeBindings, readBinding } from '../../binding/confirmation.ts'
import { type Clock, getSeconds } from '../../lib/clock.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { Rejection } from '../../response/rejection.ts'
import type { VerifiedToken } from '../verified-token.ts'
import {
  checkConfirmed,
  introspectToken,
  rejectInactive,
  toIntrospectionTime,
} from './introspected-token.ts'

/** Introspects a verified token, unless a cached response is less than `maxAge` seconds old. */
export function introspectAgain(
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

/** Introspects a verified JWT and keeps its claims. The response can only add a binding, or cause a rejection. */
function confirmJwt(
  verified: VerifiedToken,
  maxAge: number,
  clock: Clock,
): MaybePromise<VerifiedToken | Rejection> {
  const { token, issuer, presented, binding } = verified
  const { settings, introspection } = issuer
  return andThen(introspection!.introspect(presented, maxAge, token), (introspected) => {
    if (introspected instanceof Rejection) return introspected
    const { response } = introspected
    if (!response.active) return rejectInactive(settings.issuer)
    const merged = mergeBindings(binding, readBinding(response.claims))
    return (
      checkConfirmed(response, merged, settings, getSeconds(clock)) ?? {
        ...verified,
        binding: merged,
        introspected: toIntrospectionTime(introspected, clock),
      }
    )
  })
}
