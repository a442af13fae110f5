import type { Clock } from '@bearward/core/internal'
import { Backoff } from './backoff.ts'
import { TokenError, type TokenErrorCode } from './errors.ts'

/** Errors that affect the whole source: requests for other targets would fail in the same way. */
const SOURCE_ERRORS: readonly TokenErrorCode[] = [
  'invalid_client',
  'credentials_unavailable',
  'throttled',
  'invalid_dpop_proof',
]

/** Pause of a source: no token request is sent for any target. */
export interface SourcePause {
  /**
   * Records a failed request. `sentAt` is a monotonic time. Returns whether the failure affects the whole source. In that case,
   * the backoff of the source replaces the backoff of the target.
   */
  fail(error: TokenError, sentAt: number): boolean
  /** Records that a token was received. This ends the backoff of the source. */
  succeed(): void
  /** Returns `true` after a failure that affects the whole source, until a token is received. */
  isProbing(): boolean
  /** Returns the seconds until a request may be sent, or 0. Set `hasToken` if a valid token is cached. */
  getRest(hasToken: boolean): number
  /** Returns the error that explains the pause, or `undefined` if requests are allowed. */
  getError(hasToken: boolean): TokenError | undefined
}

/**
 * Creates the pause of a source. The pause starts after a `Retry-After`, and after a failure that affects the whole source. If
 * several `Retry-After` apply, the pause ends at the latest of these times. All failures that affect the whole source share one
 * backoff. `random` returns a number from 0 to 1 and spreads the attempts.
 */
export function createSourcePause(clock: Clock, random: () => number = Math.random): SourcePause {
  const backoff = new Backoff(random)
  let requested: { readonly error: TokenError; readonly until: number } | undefined
  let lastError: TokenError | undefined
  let failedAt = -Infinity
  let hasSucceeded = false

  const getRequestedRest = () =>
    requested === undefined ? 0 : Math.max(0, (requested.until - clock.monotonic()) / 1000)

  function concernsSource({ code }: TokenError): boolean {
    if (SOURCE_ERRORS.includes(code)) return true
    // If the client has received a token, it is allowed to use the grant, and the error affects only this target.
    return code === 'unauthorized_client' && !hasSucceeded
  }

  return {
    fail(error, sentAt) {
      const now = clock.monotonic()
      const until = now + (error.retryAfter ?? 0) * 1000
      if (until > now && until > (requested?.until ?? 0)) requested = { error, until }
      if (!concernsSource(error)) return false
      // Concurrent requests fail for the same reason. Requests that were sent before the last failure do not extend the backoff.
      if (sentAt <= failedAt) return true
      backoff.fail(now)
      failedAt = now
      lastError = error
      return true
    },
    succeed() {
      backoff.succeed()
      hasSucceeded = true
    },
    isProbing: () => backoff.hasFailed,
    getRest: (hasToken) =>
      Math.max(getRequestedRest(), backoff.getRest(hasToken, clock.monotonic())),
    getError(hasToken) {
      const requestedRest = getRequestedRest()
      const backoffRest = backoff.getRest(hasToken, clock.monotonic())
      const retryAfter = Math.max(requestedRest, backoffRest)
      if (retryAfter === 0) return undefined
      const { code, serverStatus, detail } =
        requestedRest > backoffRest ? requested!.error : lastError!
      return new TokenError(code, { serverStatus, detail, retryAfter })
    },
  }
}
