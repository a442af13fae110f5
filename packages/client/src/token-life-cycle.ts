import { type Moment, secondsBetween } from '@bearward/core/internal'
import { Backoff } from './backoff.ts'
import { TOKEN_TIMES } from './token-times.ts'

/** Decision of `TokenLifeCycle` for one call. */
export interface TokenPlan<T> {
  /** Cached token, if it is still valid. */
  readonly token: T | undefined
  /** `true` if a request is due and no backoff applies. The code that calls `plan` checks that no request is running. */
  readonly start: boolean
}

/**
 * Effect of a rejection by an API. `rejected`: the token will be replaced. `no_effect`: the token is not cached, or was already
 * rejected. `too_young`: the token is kept, because a new token would probably be rejected for the same reason.
 */
export type RejectionEffect = 'rejected' | 'no_effect' | 'too_young'

interface TokenEntry<T> {
  readonly token: T
  /** Time of the token request. The token was not issued before this time. */
  readonly requestedAt: Moment
  /** Lifetime in seconds, counted from `requestedAt`. */
  readonly lifetime: number
  /** `true` if an API rejected the token. It stays in use for other APIs until a new token arrives. */
  readonly isRejected: boolean
}

/**
 * State machine for one token and its successors. The state machine sends no requests. Its caller sends the requests and reports
 * the results. `plan` returns the next step.
 *
 * - A token is fresh at first, then due for renewal, then expired. A token that is due is still returned to callers. A rejected
 *   token is due immediately.
 * - A failure starts an exponential backoff. The full backoff applies to renewals. If no valid token is cached, the backoff is
 *   limited to `TOKEN_TIMES.withoutToken`, unless `isFullBackoff` is set.
 */
export class TokenLifeCycle<T> {
  readonly #renewBefore: number | undefined
  readonly #backoff: Backoff
  #cached: TokenEntry<T> | undefined

  /** `renewBefore` is in seconds. `random` returns a number from 0 to 1 and spreads the attempts of many processes. */
  constructor(renewBefore: number | undefined, random: () => number) {
    this.#renewBefore = renewBefore
    this.#backoff = new Backoff(random)
  }

  /** Returns the valid cached token, and whether to start a request. */
  plan(now: Moment): TokenPlan<T> {
    const cached = this.#cached
    const left =
      cached === undefined ? 0 : cached.lifetime - secondsBetween(cached.requestedAt, now)
    const isValid = cached !== undefined && left > limit(TOKEN_TIMES.leeway, cached.lifetime)
    const isDue = !isValid || cached.isRejected || left <= this.#margin(cached.lifetime)
    const isPause = this.#backoff.getRest(isValid, now.monotonic) > 0
    return { token: isValid ? cached.token : undefined, start: isDue && !isPause }
  }

  /**
   * Caches a new token. `expiresIn` is its lifetime in seconds, counted from `requestedAt`, the start of the request. Returns
   * the maximum time in seconds for which the token is cached.
   */
  succeed(token: T, expiresIn: number, requestedAt: Moment): number {
    const lifetime = Math.min(expiresIn, TOKEN_TIMES.longestLifetime)
    this.#backoff.succeed()
    this.#cached = { token, requestedAt, lifetime, isRejected: false }
    return lifetime
  }

  /**
   * Records a failure. `attempt` counts the attempts of one call, from 1. If `isFullBackoff` is `true`, the full backoff
   * applies even if no valid token is cached. Returns the seconds until the next attempt of this call.
   */
  fail(attempt: number, now: Moment, isFullBackoff = false): number {
    this.#backoff.fail(now.monotonic, isFullBackoff)
    return this.#backoff.getPause(attempt)
  }

  /**
   * Records that an API rejected a token. If `isMatch` accepts the cached token, and this token is not too young, it becomes due
   * immediately.
   */
  reject(isMatch: (token: T) => boolean, now: Moment): RejectionEffect {
    const cached = this.#cached
    if (cached === undefined || !isMatch(cached.token)) return 'no_effect'
    if (secondsBetween(cached.requestedAt, now) < TOKEN_TIMES.tooYoung) return 'too_young'
    this.#cached = { ...cached, isRejected: true }
    return cached.isRejected ? 'no_effect' : 'rejected'
  }

  /** Removes the cached token if `isMatch` accepts it. Returns whether it was removed. */
  drop(isMatch: (token: T) => boolean = () => true): boolean {
    const isRemoved = this.#cached !== undefined && isMatch(this.#cached.token)
    if (isRemoved) this.#cached = undefined
    return isRemoved
  }

  /** Returns the seconds until a request may start if no valid token is cached. */
  retryAfter(now: Moment): number {
    return this.#backoff.getRest(false, now.monotonic)
  }

  #margin(lifetime: number): number {
    if (this.#renewBefore === undefined) return limit(TOKEN_TIMES.renewBefore, lifetime)
    // If the margin were as long as the lifetime, every call would renew the token.
    return Math.min(this.#renewBefore, lifetime / 2)
  }
}

function limit({ part, most }: { part: number; most: number }, lifetime: number): number {
  return Math.min(most, part * lifetime)
}
