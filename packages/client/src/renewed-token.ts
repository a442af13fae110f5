import { getMoment, type Moment, secondsBetween } from '@bearward/core/internal'
import { TokenError } from './errors.ts'
import { isUnusableToken } from './failure.ts'
import { type CallContext, createSharedCalls, type WaitForCall } from './shared-calls.ts'
import { GrantedToken, type Token } from './token.ts'
import {
  attemptTokenRequest,
  type FailedAttempt,
  type TokenAttemptOptions,
} from './token-attempt.ts'
import { TokenLifeCycle } from './token-life-cycle.ts'
import { createTokenReports, type TokenReportsOptions } from './token-reports.ts'
import type { AccessTokenResponse } from './token-response.ts'

/**
 * State of a renewed token. `running`: a request is running, or waits before its next attempt. `valid`: a valid token is cached
 * and in use. `unused`: a valid token is cached, but was not used for some time. `backoff`: no valid token is cached, and the
 * backoff of this target applies. `idle`: none of these. A target can be `idle` while the source is in a pause.
 */
export type RenewedTokenState = 'running' | 'valid' | 'unused' | 'backoff' | 'idle'

/** Token for one target. It is cached and renewed. */
export interface RenewedToken {
  /** Returns the state. A token is `unused` if it was not used for `unusedAfter` seconds. */
  getState(unusedAfter: number): RenewedTokenState
  /** Returns the cached token, or waits for a new one. `signal` ends only the wait of this caller. */
  get(signal: AbortSignal | undefined): Promise<Token>
  /**
   * Records that an API rejected the token whose value is `value`. Starts a request for a new token, unless a request is running
   * or a pause or backoff applies. Does nothing if the token is younger than `TOKEN_TIMES.tooYoung`. Until a new token arrives,
   * `get` returns the old token to every caller, because other APIs may accept it. Returns whether a retry with a new token can succeed.
   */
  reject(value: string): boolean
  /** Returns a valid token with another value, or waits for one. Resolves to `undefined` if none is available now. */
  getSuccessor(value: string, signal: AbortSignal | undefined): Promise<Token | undefined>
  /**
   * Records that an API rejected the token whose value is `value`, removes it from the cache, and returns `true`. Keeps a token
   * that is younger than `TOKEN_TIMES.tooYoung`, and returns `false`: a new token would probably be rejected, too.
   */
  drop(value: string): boolean
  /** Removes the cached token. If a request is running, its token will not be cached. */
  clear(): void
}

/** Options for `createRenewedToken`. */
export interface RenewedTokenOptions extends TokenAttemptOptions, TokenReportsOptions {
  /**
   * Called when a new token has arrived, after `TokenLifeCycle` has cached it. Returns `false` if there is no place for the
   * token: later callers then do not find it.
   */
  readonly reservePlace: () => boolean
  /**
   * Returns a number from 0 to 1. It spreads the attempts of many processes.
   *
   * @default Math.random
   */
  readonly random?: () => number
}

/** Cached token if it is valid, and the function that waits for a new token. */
interface Renewal {
  readonly token: Token | undefined
  /** Waits for the running call. Missing if none is running. */
  readonly wait?: WaitForCall<Token> | undefined
  /** Explains why no call was started, if the source is in a pause. */
  readonly pauseError?: TokenError
}

/** Creates a renewed token. `TokenLifeCycle` decides when a request is due. No request starts before a method is called. */
export function createRenewedToken(options: RenewedTokenOptions): RenewedToken {
  const { settings, target, closed, pause, dpop, reservePlace, random = Math.random } = options
  const { clock, fetchTimeout, maxWait } = settings
  const lifeCycle = new TokenLifeCycle<Token>(settings.renewBefore, random)
  const now = () => getMoment(clock)
  const reports = createTokenReports(options)
  const calls = createSharedCalls<Token>({
    work: makeAttempts,
    restart: getTokenOrStart,
    clock,
    timeout: maxWait + fetchTimeout,
    closed,
  })
  let lastError: TokenError | undefined
  /** Number of calls of `clear`. */
  let clearCount = 0
  let usedAt = now()

  async function makeAttempts({ isAwaited, sleep }: CallContext): Promise<Token> {
    const startedAt = clock.monotonic()
    for (let attempt = 1; ; attempt++) {
      const requestedAt = now()
      const clearCountBefore = clearCount
      const result = await attemptTokenRequest(options, requestedAt)
      if ('value' in result) return cacheToken(result, requestedAt, clearCountBefore)
      if (closed.aborted) throw new TokenError('closed')
      const rest = recordFailure(result, attempt, requestedAt)
      const error = result.concerns === 'nothing' ? createBackoffError(result.error) : result.error
      const elapsed = (clock.monotonic() - startedAt) / 1000
      const canRetry = error.isTransient && !isUnusableToken(error) && elapsed + rest <= maxWait
      if (!canRetry || !isAwaited()) throw error
      const isAbandoned = await sleep(rest)
      if (closed.aborted) throw new TokenError('closed')
      if (isAbandoned) throw error
    }
  }

  /** Starts the backoff of the target if the failure affects only this target. Returns the seconds until the next attempt. */
  function recordFailure(failed: FailedAttempt, attempt: number, requestedAt: Moment): number {
    const { error, concerns } = failed
    const failedAt = now()
    // If a 2xx response is unusable, the server may have issued a token. So the full backoff applies.
    const isFullBackoff = isUnusableToken(error)
    const own = concerns === 'target' ? lifeCycle.fail(attempt, failedAt, isFullBackoff) : 0
    if (concerns !== 'nothing') {
      lastError = error
      const duration = (failedAt.monotonic - requestedAt.monotonic) / 1000
      reports.failed(error, { duration, covered: lifeCycle.plan(failedAt).token !== undefined })
    }
    return Math.max(own, pause.getRest(false))
  }

  function cacheToken(
    response: AccessTokenResponse,
    requestedAt: Moment,
    clearCountBefore: number,
  ): Token {
    const { value, expiresIn, scopes = target.scopes } = response
    const missingScopes = target.scopes.filter((scope) => !scopes.includes(scope))
    const expiresAt =
      expiresIn === undefined ? undefined : Math.floor(requestedAt.wall / 1000 + expiresIn)
    const type = dpop === undefined ? 'Bearer' : 'DPoP'
    const token = new GrantedToken(type, value, expiresAt, scopes, missingScopes)
    const isRenewal = lifeCycle.plan(now()).token !== undefined
    const lifetime = lifeCycle.succeed(token, expiresIn ?? settings.defaultExpiresIn, requestedAt)
    // A token that was requested before `clear` is returned to the waiting callers, but not cached.
    const isCleared = clearCountBefore !== clearCount
    if (isCleared) lifeCycle.drop()
    const cached = !isCleared && reservePlace()
    const duration = (clock.monotonic() - requestedAt.monotonic) / 1000
    reports.arrived(isRenewal, { duration, lifetime, cached, missingScopes })
    return token
  }

  /** Starts a call if one is due and the source is not in a pause. */
  function renewIfDue(): Renewal {
    const { token, start: isDue } = lifeCycle.plan(now())
    const wait = calls.getRunning()
    if (!isDue || wait !== undefined || closed.aborted) return { token, wait }
    const pauseError = pause.getError(token !== undefined)
    return pauseError === undefined ? { token, wait: calls.start() } : { token, pauseError }
  }

  /** Returns the cached token, or makes sure that a call is running and returns `undefined`. */
  function getTokenOrStart(): Token | undefined {
    // The source can be closed while a caller waits for a call that the runtime has cancelled.
    if (closed.aborted) throw new TokenError('closed')
    const { token, wait, pauseError } = renewIfDue()
    if (token === undefined && wait === undefined) throw createBackoffError(pauseError)
    return token
  }

  /** Creates the error for a caller during the backoff of this target, or during a pause of the source. */
  function createBackoffError(pauseError: TokenError | undefined): TokenError {
    const { code, serverStatus, detail: lastDetail } = pauseError ?? lastError!
    const retryAfter = Math.max(pauseError?.retryAfter ?? 0, lifeCycle.retryAfter(now()))
    const detail = `no request was sent${lastDetail === undefined ? '' : `, last error: ${lastDetail}`}`
    return new TokenError(code, { serverStatus, detail, retryAfter })
  }

  return {
    getState(unusedAfter) {
      if (calls.getRunning() !== undefined) return 'running'
      const at = now()
      const { token, start: isDue } = lifeCycle.plan(at)
      if (token === undefined) return isDue ? 'idle' : 'backoff'
      return secondsBetween(usedAt, at) < unusedAfter ? 'valid' : 'unused'
    },

    async get(signal) {
      if (closed.aborted) throw new TokenError('closed')
      signal?.throwIfAborted()
      usedAt = now()
      const { token, wait, pauseError } = renewIfDue()
      if (token !== undefined) {
        reports.cached()
        return token
      }
      if (wait === undefined) throw createBackoffError(pauseError)
      return wait(signal)
    },

    reject(value) {
      const effect = lifeCycle.reject((token) => token.value === value, now())
      if (effect === 'rejected') reports.invalidated()
      if (effect !== 'too_young') renewIfDue()
      return effect !== 'too_young'
    },

    async getSuccessor(value, signal) {
      const { token, wait } = renewIfDue()
      if (token !== undefined && token.value !== value) return token
      const next = await wait?.(signal)
      return next?.value === value ? undefined : next
    },

    drop(value) {
      const isMatch = (token: Token) => token.value === value
      const effect = lifeCycle.reject(isMatch, now())
      if (effect === 'rejected') reports.invalidated()
      if (effect === 'too_young') return false
      lifeCycle.drop(isMatch)
      return true
    },

    clear() {
      clearCount++
      if (lifeCycle.drop() && !closed.aborted) reports.invalidated()
    },
  }
}
