import type { Clock } from '@bearward/core/internal'
import { Backoff } from './backoff.ts'
import { TokenError, type TokenErrorCode } from './errors.ts'

/** Errors that do not depend on the target: the next request would fail in the same way, whatever it asks for. */
const ABOUT_SOURCE: readonly TokenErrorCode[] = [
  'invalid_client',
  'credentials_unavailable',
  'throttled',
]

/** Pause in which a source sends no token request for any target. */
export interface SourcePause {
  /**
   * Records a failed request that was sent at a monotonic time. Returns whether the failure concerns the whole source.
   * If so, its backoff replaces that of the target.
   */
  fail(error: TokenError, sentAt: number): boolean
  /** Records that a token was received: the credentials are good. */
  succeed(): void
  /** Returns `true` after a failure of the whole source, until a token is received. */
  isProbing(): boolean
  /** Returns the seconds until a request may be sent, or 0. `hasToken` says whether it would replace a valid token. */
  getRest(hasToken: boolean): number
  /** Returns the error that explains the pause, or `undefined` if requests are allowed. */
  getError(hasToken: boolean): TokenError | undefined
}

/**
 * Creates the pause of a source. It starts with a `Retry-After`, of which the longest counts, and with failures that
 * concern all targets, for which there is one backoff. `random` is that of `Backoff`.
 */
export function createSourcePause(clock: Clock, random: () => number = Math.random): SourcePause {
  const backoff = new Backoff(random)
  let requested: { readonly error: TokenError; readonly until: number } | undefined
  let lastError: TokenError | undefined
  let failedAt = -Infinity
  let hasSucceeded = false

  const getRequestedRest = () =>
    requested === undefined ? 0 : Math.max(0, (requested.until - clock.monotonic()) / 1000)

  function isAboutSource({ code }: TokenError): boolean {
    if (ABOUT_SOURCE.includes(code)) return true
    // A client that got a token is allowed to use the grant. Then the server means this target.
    return code === 'unauthorized_client' && !hasSucceeded
  }

  return {
    fail(error, sentAt) {
      const now = clock.monotonic()
      const until = now + (error.retryAfter ?? 0) * 1000
      if (until > now && until > (requested?.until ?? 0)) requested = { error, until }
      if (!isAboutSource(error)) return false
      // Requests that were sent before the last failure fail for the same reason, and count once.
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
      const [asked, own] = [getRequestedRest(), backoff.getRest(hasToken, clock.monotonic())]
      const retryAfter = Math.max(asked, own)
      if (retryAfter === 0) return undefined
      const { code, serverStatus, detail } = asked > own ? requested!.error : lastError!
      return new TokenError(code, { serverStatus, detail, retryAfter })
    },
  }
}
