import { FAILURE_ADVICE } from '../advice/failure-advice.ts'
import { LIMITS } from '../limits.ts'
import { Rejection, showClaimed } from '../response/rejection.ts'
import type { FailedResolution } from './resolve-issuer.ts'

export const TOO_MANY_NEW: FailedResolution = {
  failure: 'too_many_new',
  detail: 'too many issuers without a verified token were added',
}

/**
 * Returns the seconds for which `resolve` is not called again for the issuer after a failure. `failures` is the number of earlier
 * failures in a row. `resolve_busy` and `closed` cause no pause.
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
    // A token that arrives after `close` shows that `close` was called too early. The advice for `issuer_unavailable` says this.
    advice: failure === 'closed' ? undefined : FAILURE_ADVICE[failure],
  })
}
