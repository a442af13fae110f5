import { type Moment, secondsBetween } from '@bearward/core/internal'
import { Backoff } from './backoff.ts'
import { TOKEN_TIMES } from './token-times.ts'

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
  readonly #backoff: Backoff
  #held: HeldToken<T> | undefined

  /** `renewBefore` is in seconds. `random` returns 0 to 1 and spreads the attempts of many processes. */
  constructor(renewBefore: number | undefined, random: () => number) {
    this.#renewBefore = renewBefore
    this.#backoff = new Backoff(random)
  }

  /** Returns the valid cached token, and whether a request is due. */
  plan(now: Moment): TokenPlan<T> {
    const held = this.#held
    const left = held === undefined ? 0 : held.lifetime - secondsBetween(held.askedAt, now)
    const isValid = held !== undefined && left > limit(TOKEN_TIMES.leeway, held.lifetime)
    const isDue = !isValid || held.isRejected || left <= this.#margin(held.lifetime)
    const isPause = this.#backoff.getRest(isValid, now.monotonic) > 0
    return { token: isValid ? held.token : undefined, start: isDue && !isPause }
  }

  /**
   * Caches a new token. `expiresIn` is its lifetime in seconds, counted from `askedAt`, the start of the request.
   * Returns the maximum time in seconds that it is cached.
   */
  succeed(token: T, expiresIn: number, askedAt: Moment): number {
    const lifetime = Math.min(expiresIn, TOKEN_TIMES.longestLifetime)
    this.#backoff.succeed()
    this.#held = { token, askedAt, lifetime, isRejected: false }
    return lifetime
  }

  /**
   * Records a failure. `attempt` counts the attempts of one call, from 1. With `isInFull`, the backoff is not shortened
   * if no valid token is cached. Returns the seconds until the next attempt.
   */
  fail(attempt: number, now: Moment, isInFull = false): number {
    this.#backoff.fail(now.monotonic, isInFull)
    return this.#backoff.getPause(attempt)
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
    return this.#backoff.getRest(false, now.monotonic)
  }

  #margin(lifetime: number): number {
    if (this.#renewBefore === undefined) return limit(TOKEN_TIMES.renewBefore, lifetime)
    // A margin as long as the lifetime would renew the token at every call.
    return Math.min(this.#renewBefore, lifetime / 2)
  }
}

function limit({ part, most }: { part: number; most: number }, lifetime: number): number {
  return Math.min(most, part * lifetime)
}
