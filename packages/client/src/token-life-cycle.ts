import { type Moment, secondsBetween } from '@bearward/core/internal'

/** Times of the token life-cycle, in seconds. Those that are options are the defaults. */
export const TOKEN_TIMES = {
  /** Default of `renewBefore`: part of the lifetime before the expiry at which a token is renewed, and its maximum. */
  renewBefore: { part: 0.2, most: 300 },
  /** Time before the expiry at which a token is no longer returned, because it still has to reach the API. */
  leeway: { part: 0.05, most: 5 },
  /** Default of `defaultExpiresIn`: lifetime of a token whose response contains no usable `expires_in`. */
  defaultExpiresIn: 300,
  /** Maximum time that a token is cached, whatever `expires_in` says. */
  longestLifetime: 86_400,
  /** Backoff after failed attempts: doubles from `first` to `last`, each shortened at random by up to `jitter`. */
  pause: { first: 0.5, last: 30, jitter: 0.5 },
  /** Maximum backoff while no valid token is cached. */
  withoutToken: 5,
  /** Maximum of `Retry-After`. */
  retryAfter: 300,
  /** Minimum age of a rejected token to be replaced. A new token would be rejected for the same reason. */
  tooYoung: 5,
} as const

/** Decision of `TokenLifeCycle` for one call. */
export interface TokenPlan<T> {
  /** Cached token, if it is still valid. */
  readonly token: T | undefined
  /** `true` if a request is due. The caller checks that none is running. */
  readonly start: boolean
}

/**
 * Effect of a rejection by an API. `rejected`: the token will be replaced. `gone`: it was already replaced or rejected.
 * `too_young`: it is kept, because a new token would be rejected for the same reason.
 */
export type RejectionEffect = 'rejected' | 'gone' | 'too_young'

/** Cached token. */
interface HeldToken<T> {
  readonly token: T
  /** Time of the request. The token cannot be older. */
  readonly askedAt: Moment
  /** Seconds. */
  readonly lifetime: number
  /** `true` if an API rejected the token. It stays in use for other APIs until a new token arrives. */
  readonly isRejected: boolean
}

/**
 * State machine for one token and its successors. It has no input or output: the caller reports each result with its
 * time, and `plan` returns the next step.
 *
 * - A token is first fresh, then due for renewal, then expired. A token that is due is still returned to callers. A
 *   rejected token is due at once.
 * - After a failure there is a backoff, which doubles. It delays renewals in full, and requests without a cached token
 *   by at most `TOKEN_TIMES.withoutToken`.
 */
export class TokenLifeCycle<T> {
  readonly #renewBefore: number | undefined
  readonly #random: () => number
  #held: HeldToken<T> | undefined
  #failures = 0
  /** Monotonic times at which the next request may start: for a renewal, and if no valid token is cached. */
  #pauseEnds = { renewal: -Infinity, token: -Infinity }

  /** `renewBefore` is in seconds. `random` returns 0 to 1 and spreads the attempts of many processes. */
  constructor(renewBefore: number | undefined, random: () => number) {
    this.#renewBefore = renewBefore
    this.#random = random
  }

  /** Returns the valid cached token, and whether a request is due. */
  plan(now: Moment): TokenPlan<T> {
    const held = this.#held
    const left = held === undefined ? 0 : held.lifetime - secondsBetween(held.askedAt, now)
    const isValid = held !== undefined && left > limit(TOKEN_TIMES.leeway, held.lifetime)
    const isDue = !isValid || held.isRejected || left <= this.#margin(held.lifetime)
    const isPause = now.monotonic < this.#pauseEnds[isValid ? 'renewal' : 'token']
    return { token: isValid ? held.token : undefined, start: isDue && !isPause }
  }

  /**
   * Caches a new token. `expiresIn` is its lifetime in seconds, counted from `askedAt`, the start of the request.
   * Returns the maximum time in seconds that it is cached.
   */
  succeed(token: T, expiresIn: number, askedAt: Moment): number {
    const lifetime = Math.min(expiresIn, TOKEN_TIMES.longestLifetime)
    this.#failures = 0
    this.#pauseEnds = { renewal: -Infinity, token: -Infinity }
    this.#held = { token, askedAt, lifetime, isRejected: false }
    return lifetime
  }

  /** Records a failure. `attempt` counts the attempts of one call, from 1. Returns the seconds until the next attempt. */
  fail(attempt: number, now: Moment): number {
    this.#failures++
    const renewal = this.#pause(this.#failures)
    const token = Math.min(renewal, TOKEN_TIMES.withoutToken)
    this.#pauseEnds = {
      renewal: now.monotonic + renewal * 1000,
      token: now.monotonic + token * 1000,
    }
    return this.#pause(attempt)
  }

  /** Records that an API rejected a token. If it is the cached token, it becomes due. */
  reject(isIt: (token: T) => boolean, now: Moment): RejectionEffect {
    const held = this.#held
    if (held === undefined || !isIt(held.token)) return 'gone'
    if (secondsBetween(held.askedAt, now) < TOKEN_TIMES.tooYoung) return 'too_young'
    this.#held = { ...held, isRejected: true }
    return held.isRejected ? 'gone' : 'rejected'
  }

  /** Removes the cached token if `isIt` accepts it. Returns whether it was removed. */
  drop(isIt: (token: T) => boolean = () => true): boolean {
    const isHeld = this.#held !== undefined && isIt(this.#held.token)
    if (isHeld) this.#held = undefined
    return isHeld
  }

  /** Returns the seconds until a request without a cached token may start. */
  retryAfter(now: Moment): number {
    return Math.max(0, (this.#pauseEnds.token - now.monotonic) / 1000)
  }

  #margin(lifetime: number): number {
    if (this.#renewBefore === undefined) return limit(TOKEN_TIMES.renewBefore, lifetime)
    // A margin as long as the lifetime would renew the token at every call.
    return Math.min(this.#renewBefore, lifetime / 2)
  }

  #pause(failures: number): number {
    const { first, last, jitter } = TOKEN_TIMES.pause
    return Math.min(last, first * 2 ** (failures - 1)) * (1 - jitter * this.#random())
  }
}

function limit({ part, most }: { part: number; most: number }, lifetime: number): number {
  return Math.min(most, part * lifetime)
}
