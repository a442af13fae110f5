import { FAILURE_ADVICE } from '../advice/failure-advice.ts'
import { LIMITS } from '../limits.ts'
import { Rejection, showClaimed } from '../response/rejection.ts'
import type { FailedResolution } from './resolve-issuer.ts'

export const TOO_MANY_NEW: FailedResolution = {
  failure: 'too_many_new',
  detail: 'too many issuers were added of which no token was verified',
}

/**
 * Returns the pause in seconds after a failure, in which `resolve` is not called again for the issuer. `failures` is the number
 * of failures before it. `resolve_busy` and `closed` cause no pause.
 */
export function getPause({ failure }: FailedResolution, failures: number): number {
  switch (failure) {
    case 'resolve_busy':
    case 'closed':
      return 0
    case 'match_failed':
    case 'too_many_new':
      return 1
    case 'resolve_failed':
    case 'resolve_timeout':
    case 'invalid_options':
      return Math.min(LIMITS.dynamicIssuers.pause, 2 ** failures)
  }
}

export function rejectUnavailable(
  iss: string,
  { failure }: FailedResolution,
  retryAfter: number,
): Rejection {
  const explanation = {
    check: 'iss',
    expected: 'an issuer whose options are available',
    found: `${showClaimed(iss)} (${failure})`,
  }
  return new Rejection('issuer_unavailable', explanation, {
    retryAfter,
    // `close` was called too early: the advice for this reason fits better than that for the failure.
    advice: failure === 'closed' ? undefined : FAILURE_ADVICE[failure],
  })
}
