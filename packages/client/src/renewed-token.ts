import {
  getLostAfter,
  getMoment,
  joinOrRestart,
  type Moment,
  onAbort,
  type Publish,
  runDetached,
  secondsBetween,
  toLoggedAddress,
} from '@bearward/core/internal'
import { TokenError } from './errors.ts'
import { isUnusableToken, toEventDetail } from './failure.ts'
import { GrantedToken, type Token } from './token.ts'
import {
  attemptTokenRequest,
  type FailedAttempt,
  type TokenAttemptOptions,
} from './token-attempt.ts'
import type { MutableTokenCounters } from './token-counters.ts'
import type { TokenEvent, TokenEventBase } from './token-events.ts'
import { TokenLifeCycle } from './token-life-cycle.ts'
import type { AccessTokenResponse } from './token-response.ts'

/**
 * State of a renewed token. `running`: a request is running, or its next attempt waits. `valid`: a valid token is cached and
 * in use. `unused`: a valid token is cached, but was not used for some time. `backoff`: no valid token is cached, and the
 * backoff of this target applies. `idle`: none of these, also during a pause of the source.
 */
export type RenewedTokenState = 'running' | 'valid' | 'unused' | 'backoff' | 'idle'

/** Token for one target. It is cached and renewed. */
export interface RenewedToken {
  /** Returns the state. A token is `unused` if it was not used for `unusedAfter` seconds. */
  getState(unusedAfter: number): RenewedTokenState
  /** Returns the cached token, or waits for a new one. `signal` ends only the wait of this caller. */
  get(signal: AbortSignal | undefined): Promise<Token>
  /**
   * Records that an API rejected the token with this value. Starts a request for a new one, unless a request is running or
   * a pause or backoff applies. Does nothing if the token is younger than `TOKEN_TIMES.tooYoung`. Until a new token
   * arrives, `get` returns the old one, also for this API, because other APIs may accept it. Returns whether a retry with
   * a new token can succeed.
   */
  reject(value: string): boolean
  /** Returns a valid token with another value, or waits for one. Resolves to `undefined` if none is available now. */
  getSuccessor(value: string, signal: AbortSignal | undefined): Promise<Token | undefined>
  /**
   * Records that an API rejected the token with this value, and removes it from the cache. Returns whether a retry with
   * a new token can succeed. If not, the token is kept.
   */
  drop(value: string): boolean
  /** Removes the cached token. If a request is running, its token will not be cached. */
  clear(): void
}

/** Options for `createRenewedToken`. */
export interface RenewedTokenOptions extends TokenAttemptOptions {
  readonly publish: Publish<TokenEvent>
  readonly counters: MutableTokenCounters
  /**
   * Called when a new token has arrived, after `TokenLifeCycle` has cached it. Returns `false` if there is no place for
   * it: later callers then do not find the token.
   */
  readonly reservePlace: () => boolean
  /**
   * Returns a number from 0 to 1. It spreads the attempts of many processes.
   *
   * @default Math.random
   */
  readonly random?: () => number
}

/** The result of a call. It is not a rejection, because some runtimes reject the promises of work that they cancel. */
type TokenResult = { readonly token: Token } | { readonly error: unknown }

/** Running call for a token, including all attempts. */
interface TokenCall {
  readonly result: Promise<TokenResult>
  readonly startedAt: Moment
  /** Number of waiting callers. It can be 0 during a renewal before the expiry. */
  waiting: number
  /** Ends the backoff between two attempts. Set only during a backoff. Called when no caller waits any longer. */
  abandon?: (() => void) | undefined
}

/** Creates a renewed token. `TokenLifeCycle` decides when a request is due. No request starts before a method is called. */
export function createRenewedToken(options: RenewedTokenOptions): RenewedToken {
  const {
    settings,
    target,
    closed,
    pause,
    publish,
    counters,
    reservePlace,
    random = Math.random,
  } = options
  const { clock, clientId, fetchTimeout, maxWait } = settings
  const lifeCycle = new TokenLifeCycle<Token>(settings.renewBefore, random)
  const now = () => getMoment(clock)
  const base: TokenEventBase = {
    server: settings.issuer ?? toLoggedAddress(settings.tokenEndpoint!),
    clientId,
    scope: target.scopes,
    resource: target.resources,
    audience: target.audience,
  }
  const lostAfter = getLostAfter((maxWait + fetchTimeout) * 1000)
  let running: TokenCall | undefined
  let lastError: TokenError | undefined
  /** Number of calls of `clear`. */
  let clearCount = 0
  let usedAt = now()

  function start(): void {
    // `makeAttempts` starts in a later microtask, after `call` is assigned.
    const result = runDetached(() =>
      Promise.resolve()
        .then(() => makeAttempts(call))
        .then(
          (token) => ({ token }),
          (error: unknown) => ({ error }),
        )
        .finally(() => end(call)),
    )
    const call: TokenCall = { result, startedAt: now(), waiting: 0 }
    running = call
  }

  function end(call: TokenCall): void {
    if (running === call) running = undefined
  }

  /** Returns the running call, unless it is lost: the runtime has cancelled it. */
  function getRunning(): TokenCall | undefined {
    const isLost =
      running !== undefined && secondsBetween(running.startedAt, now()) > lostAfter / 1000
    if (isLost) running = undefined
    return running
  }

  async function makeAttempts(call: TokenCall): Promise<Token> {
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
      if (!canRetry || call.waiting === 0) throw error
      const isAbandoned = await sleep(call, rest)
      if (closed.aborted) throw new TokenError('closed')
      if (isAbandoned) throw error
    }
  }

  /** Starts the backoff of the target if the failure concerns only this target. Returns the seconds until the next attempt. */
  function recordFailure(failed: FailedAttempt, attempt: number, requestedAt: Moment): number {
    const { error, concerns } = failed
    const failedAt = now()
    // The server may have issued a token with an unusable 2xx response, so the full backoff applies.
    const isFullBackoff = isUnusableToken(error)
    const own = concerns === 'target' ? lifeCycle.fail(attempt, failedAt, isFullBackoff) : 0
    if (concerns !== 'nothing') {
      lastError = error
      reportFailure(error, requestedAt, failedAt)
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
    const token = new GrantedToken(value, expiresAt, scopes, missingScopes)
    const isRenewal = lifeCycle.plan(now()).token !== undefined
    const lifetime = lifeCycle.succeed(token, expiresIn ?? settings.defaultExpiresIn, requestedAt)
    // A token that was requested before `clear` is returned to the waiting callers, but not cached.
    const isCleared = clearCountBefore !== clearCount
    if (isCleared) lifeCycle.drop()
    const cached = !isCleared && reservePlace()
    const duration = (clock.monotonic() - requestedAt.monotonic) / 1000
    counters[isRenewal ? 'renewed' : 'issued']++
    counters.duration += duration
    const type = isRenewal ? 'token_renewed' : 'token_issued'
    publish(type, () => ({ ...base, duration, lifetime, cached, missingScopes }))
    return token
  }

  function reportFailure(error: TokenError, requestedAt: Moment, failedAt: Moment): void {
    const { code, fault } = error
    const duration = (failedAt.monotonic - requestedAt.monotonic) / 1000
    const covered = lifeCycle.plan(failedAt).token !== undefined
    counters.failed++
    counters.duration += duration
    publish('token_failed', () => {
      const detail = toEventDetail(error)
      return { ...base, code, fault, detail, duration, covered }
    })
  }

  function reportInvalidation(): void {
    counters.invalidated++
    publish('token_invalidated', () => ({ ...base }))
  }

  /**
   * Waits for a number of seconds. Resolves early to `true` if no caller waits any longer, and to `false` if the source is
   * closed.
   */
  function sleep(call: TokenCall, seconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = (isAbandoned: boolean) => {
        cancel()
        stopListening()
        call.abandon = undefined
        resolve(isAbandoned)
      }
      const cancel = clock.after(seconds * 1000, () => wake(false))
      const stopListening = onAbort(closed, () => wake(false))
      call.abandon = () => wake(true)
    })
  }

  async function join(
    call: TokenCall,
    isOwn: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    call.waiting++
    try {
      const result = await unlessAborted(isOwn ? call.result : follow(call), signal)
      if ('error' in result) throw result.error
      return result.token
    } finally {
      call.waiting--
      if (call.waiting === 0) call.abandon?.()
    }
  }

  /** Starts a call instead of one that is lost, unless another caller has started it. */
  function restart(lost: TokenCall): TokenResult | Promise<TokenResult> {
    if (running !== undefined && running !== lost) return follow(running)
    end(lost)
    const { token, pauseError } = renewIfDue()
    if (token !== undefined) return { token }
    return running?.result ?? { error: createBackoffError(pauseError) }
  }

  /** Waits for a call that another caller has started. */
  function follow(call: TokenCall): Promise<TokenResult> {
    return joinOrRestart(call.result, clock, lostAfter, () => restart(call))
  }

  /** Starts a call if one is due and the source is not in a pause. Returns the cached token if it is valid. */
  function renewIfDue(): { readonly token: Token | undefined; readonly pauseError?: TokenError } {
    const { token, start: isDue } = lifeCycle.plan(now())
    if (!isDue || getRunning() !== undefined || closed.aborted) return { token }
    const pauseError = pause.getError(token !== undefined)
    if (pauseError !== undefined) return { token, pauseError }
    start()
    return { token }
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
      if (getRunning() !== undefined) return 'running'
      const at = now()
      const { token, start: isDue } = lifeCycle.plan(at)
      if (token === undefined) return isDue ? 'idle' : 'backoff'
      return secondsBetween(usedAt, at) < unusedAfter ? 'valid' : 'unused'
    },

    async get(signal) {
      if (closed.aborted) throw new TokenError('closed')
      signal?.throwIfAborted()
      usedAt = now()
      const before = getRunning()
      const { token, pauseError } = renewIfDue()
      if (token !== undefined) {
        counters.cached++
        publish('token_cached', () => ({ ...base }))
        return token
      }
      if (running === undefined) throw createBackoffError(pauseError)
      return join(running, running !== before, signal)
    },

    reject(value) {
      const effect = lifeCycle.reject((token) => token.value === value, now())
      if (effect === 'rejected') reportInvalidation()
      if (effect !== 'too_young') renewIfDue()
      return effect !== 'too_young'
    },

    async getSuccessor(value, signal) {
      const before = getRunning()
      const { token } = renewIfDue()
      if (token !== undefined && token.value !== value) return token
      if (running === undefined) return undefined
      const next = await join(running, running !== before, signal)
      return next.value === value ? undefined : next
    },

    drop(value) {
      const isMatch = (token: Token) => token.value === value
      const effect = lifeCycle.reject(isMatch, now())
      if (effect === 'rejected') reportInvalidation()
      if (effect === 'too_young') return false
      lifeCycle.drop(isMatch)
      return true
    },

    clear() {
      clearCount++
      if (lifeCycle.drop() && !closed.aborted) reportInvalidation()
    },
  }
}

/** Settles like the promise. Rejects with the reason of the signal if the signal is aborted first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  let stopListening = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => reject(signal.reason as Error))
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    stopListening()
  }
}
