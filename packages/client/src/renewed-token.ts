import {
  getMoment,
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
 * State of a renewed token. `running`: a request is running. `valid`: a valid token is cached and in use. `unused`: one is
 * cached, and was not used for some time. `backoff`: the last request failed. `idle`: none of these.
 */
export type RenewedTokenState = 'running' | 'valid' | 'unused' | 'backoff' | 'idle'

/** Token for one target, which is cached and renewed. */
export interface RenewedToken {
  /** Returns the state. A token is unused if it was not used for this number of seconds. */
  getState(unusedAfter: number): RenewedTokenState
  /** Returns the cached token, or waits for a new one. `signal` ends only the wait of this caller. */
  get(signal: AbortSignal | undefined): Promise<Token>
  /**
   * Records that an API rejected the token with this value, and starts a request for a new one. Until the new token
   * arrives, the old one stays in use for other APIs. Returns whether a retry with a new token can succeed.
   */
  reject(value: string): boolean
  /** Returns a valid token with another value, or waits for one. Resolves to `undefined` if none is available now. */
  getSuccessor(value: string, signal: AbortSignal | undefined): Promise<Token | undefined>
  /**
   * Records that an API rejected the token with this value, and removes it from the cache. Returns whether a retry with
   * a new token can succeed. If not, the token is kept.
   */
  drop(value: string): boolean
  /** Removes the cached token. The token of a running request is not cached. */
  clear(): void
}

/** Options for `createRenewedToken`. */
export interface RenewedTokenOptions extends TokenAttemptOptions {
  readonly publish: Publish<TokenEvent>
  readonly counters: MutableTokenCounters
  /**
   * Returns whether there is a place for this renewed token, now that it has a token. If not, only the callers that wait for
   * the token use it.
   */
  readonly hold: () => boolean
  /**
   * Returns 0 to 1. Spreads the attempts of many processes.
   *
   * @default Math.random
   */
  readonly random?: () => number
}

/** Running call for a token, with all its attempts. */
interface TokenCall {
  readonly token: Promise<Token>
  /** Number of callers that wait. It is 0 for a renewal before the expiry. */
  waiting: number
  /** Ends the backoff between two attempts. Set only during a backoff; called when nobody waits any more. */
  leave?: (() => void) | undefined
}

/** Creates a renewed token. `TokenLifeCycle` decides when to request. Nothing happens until a method is called. */
export function createRenewedToken(options: RenewedTokenOptions): RenewedToken {
  const { settings, target, closed, pause, publish, counters, hold, random = Math.random } = options
  const { clock, clientId, maxWait } = settings
  const lifeCycle = new TokenLifeCycle<Token>(settings.renewBefore, random)
  const now = () => getMoment(clock)
  const base: TokenEventBase = {
    server: settings.issuer ?? toLoggedAddress(settings.tokenEndpoint!),
    clientId,
    scope: target.scopes,
    resource: target.resources,
    audience: target.audience,
  }
  let running: TokenCall | undefined
  let lastError: TokenError | undefined
  /** Number of calls of `clear`. */
  let clearings = 0
  let usedAt = now()

  function start(): void {
    // `makeAttempts` starts in a later microtask, when `call` is assigned.
    const token = runDetached(() =>
      Promise.resolve()
        .then(() => makeAttempts(call))
        .finally(() => (running = undefined)),
    )
    const call: TokenCall = { token, waiting: 0 }
    // If no caller waits, nothing else handles a rejection.
    token.catch(() => {})
    running = call
  }

  async function makeAttempts(call: TokenCall): Promise<Token> {
    const startedAt = clock.monotonic()
    for (let attempt = 1; ; attempt++) {
      const askedAt = now()
      const clearingsBefore = clearings
      const result = await attemptTokenRequest(options, askedAt)
      if ('value' in result) return keep(result, askedAt, clearingsBefore)
      if (closed.aborted) throw new TokenError('closed')
      const rest = recordFailure(result, attempt, askedAt)
      const error = result.concerns === 'nothing' ? createBackoffError(result.error) : result.error
      const elapsed = (clock.monotonic() - startedAt) / 1000
      const canRetry = error.isTransient && !isUnusableToken(error) && elapsed + rest <= maxWait
      if (!canRetry || call.waiting === 0) throw error
      const isLeft = await sleep(call, rest)
      if (closed.aborted) throw new TokenError('closed')
      if (isLeft) throw error
    }
  }

  /** Starts the backoff of the target, unless that of the source applies. Returns the seconds until the next attempt. */
  function recordFailure(failed: FailedAttempt, attempt: number, askedAt: Moment): number {
    const { error, concerns } = failed
    const failedAt = now()
    // Each further token would cost as much as this one.
    const isInFull = isUnusableToken(error)
    const own = concerns === 'target' ? lifeCycle.fail(attempt, failedAt, isInFull) : 0
    if (concerns !== 'nothing') {
      lastError = error
      reportFailure(error, askedAt, failedAt)
    }
    return Math.max(own, pause.getRest(false))
  }

  function keep(response: AccessTokenResponse, askedAt: Moment, clearingsBefore: number): Token {
    const { value, expiresIn, scopes = target.scopes } = response
    const missingScopes = target.scopes.filter((scope) => !scopes.includes(scope))
    const expiresAt =
      expiresIn === undefined ? undefined : Math.floor(askedAt.wall / 1000 + expiresIn)
    const token = new GrantedToken(value, expiresAt, scopes, missingScopes)
    const isRenewal = lifeCycle.plan(now()).token !== undefined
    const lifetime = lifeCycle.succeed(token, expiresIn ?? settings.defaultExpiresIn, askedAt)
    // A token that was requested before `clear` is returned to the callers that wait for it, and not cached.
    const isCleared = clearingsBefore !== clearings
    if (isCleared) lifeCycle.drop()
    const cached = !isCleared && hold()
    const duration = (clock.monotonic() - askedAt.monotonic) / 1000
    counters[isRenewal ? 'renewed' : 'issued']++
    counters.duration += duration
    const type = isRenewal ? 'token_renewed' : 'token_issued'
    publish(type, () => ({ ...base, duration, lifetime, cached, missingScopes }))
    return token
  }

  function reportFailure(error: TokenError, askedAt: Moment, failedAt: Moment): void {
    const { code, fault } = error
    const duration = (failedAt.monotonic - askedAt.monotonic) / 1000
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
   * Waits for a number of seconds. Ends early with `true` if nobody waits any more, and with `false` if the source is
   * closed.
   */
  function sleep(call: TokenCall, seconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = (isLeft: boolean) => {
        cancel()
        forget()
        call.leave = undefined
        resolve(isLeft)
      }
      const cancel = clock.after(seconds * 1000, () => wake(false))
      const forget = onAbort(closed, () => wake(false))
      call.leave = () => wake(true)
    })
  }

  async function join(call: TokenCall, signal: AbortSignal | undefined): Promise<Token> {
    call.waiting++
    try {
      return await unlessAborted(call.token, signal)
    } finally {
      call.waiting--
      if (call.waiting === 0) call.leave?.()
    }
  }

  /** Starts a call if one is due and the source is not in a pause. Returns the valid cached token. */
  function renewIfDue(): { readonly token: Token | undefined; readonly pauseError?: TokenError } {
    const { token, start: isDue } = lifeCycle.plan(now())
    if (!isDue || running !== undefined || closed.aborted) return { token }
    const pauseError = pause.getError(token !== undefined)
    if (pauseError !== undefined) return { token, pauseError }
    start()
    return { token }
  }

  /** Creates the error for a caller during the backoff of this target, or during a pause of the source. */
  function createBackoffError(pauseError: TokenError | undefined): TokenError {
    const { code, serverStatus, detail: lastDetail } = pauseError ?? lastError!
    const retryAfter = Math.max(pauseError?.retryAfter ?? 0, lifeCycle.retryAfter(now()))
    const detail = `no new request${lastDetail === undefined ? '' : `, last error: ${lastDetail}`}`
    return new TokenError(code, { serverStatus, detail, retryAfter })
  }

  return {
    getState(unusedAfter) {
      if (running !== undefined) return 'running'
      const at = now()
      const { token, start: isDue } = lifeCycle.plan(at)
      if (token === undefined) return isDue ? 'idle' : 'backoff'
      return secondsBetween(usedAt, at) < unusedAfter ? 'valid' : 'unused'
    },

    async get(signal) {
      if (closed.aborted) throw new TokenError('closed')
      signal?.throwIfAborted()
      usedAt = now()
      const { token, pauseError } = renewIfDue()
      if (token !== undefined) {
        counters.cached++
        publish('token_cached', () => ({ ...base }))
        return token
      }
      if (running === undefined) throw createBackoffError(pauseError)
      return join(running, signal)
    },

    reject(value) {
      const effect = lifeCycle.reject((token) => token.value === value, now())
      if (effect === 'rejected') reportInvalidation()
      if (effect !== 'too_young') renewIfDue()
      return effect !== 'too_young'
    },

    async getSuccessor(value, signal) {
      const { token } = renewIfDue()
      if (token !== undefined && token.value !== value) return token
      if (running === undefined) return undefined
      const next = await join(running, signal)
      return next.value === value ? undefined : next
    },

    drop(value) {
      const isIt = (token: Token) => token.value === value
      const effect = lifeCycle.reject(isIt, now())
      if (effect === 'rejected') reportInvalidation()
      if (effect === 'too_young') return false
      lifeCycle.drop(isIt)
      return true
    },

    clear() {
      clearings++
      if (lifeCycle.drop() && !closed.aborted) reportInvalidation()
    },
  }
}

/** Resolves like the promise, or rejects with the reason of the signal if it is aborted first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  let forget = () => {}
  const aborted = new Promise<never>((_, reject) => {
    forget = onAbort(signal, () => reject(signal.reason as Error))
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    forget()
  }
}
