/** The numbers of the life-cycle, in seconds. Those that are options are defaults here. */
export const TOKEN_TIMES = {
  /** Option `renewBefore`: how long before its end a token is replaced. */
  renewBefore: { part: 0.2, most: 300 },
  /** How long before its end a token is not handed out any more: it has yet to reach the API. */
  leeway: { part: 0.05, most: 5 },
  /** Option `assumedLifetime`: of a token of which the server does not say it. */
  assumedLifetime: 300,
  /** How long a token is held at most, whatever the server says. */
  longestLifetime: 86_400,
  /** Between failed attempts: the first pause, doubling up to the last, each shortened by up to this part. */
  pause: { first: 0.5, last: 30, jitter: 0.5 },
  /** For how long callers without a token are at most turned away without a new attempt. */
  withoutToken: 5,
  /** What the server may ask us to wait (`Retry-After`), at most. */
  retryAfter: 300,
  /** A token that is rejected when it is younger than this is not replaced: the next would be rejected, too. */
  tooYoung: 5,
} as const

/** Both clocks, in milliseconds. Either of them can stand still: one in a suspended process, one set back. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

/** What a caller gets, and what has to be done for it. */
export interface Plan<T> {
  /** The token that is held, if it is still good. */
  readonly token: T | undefined
  /** Begin a request, unless one runs. */
  readonly start: boolean
}

/**
 * What comes of a rejection: the token is to be replaced; it was or is already; or it is not, because it is so young
 * that the next would be rejected, too.
 */
export type Rejection = 'rejected' | 'gone' | 'too_young'

interface Held<T> {
  readonly token: T
  /** When it was asked for: it cannot have been made earlier. */
  readonly askedAt: Moment
  /** Seconds. */
  readonly lifetime: number
  /** An API does not take it. Others may, until there is another. */
  readonly isRejected: boolean
}

/**
 * The life of one token and its successors, as a state machine without input or output: it is told what
 * happens and when, and says what to do.
 *
 * - A token is fresh, then due for renewal while it is still handed out, then gone. One that was rejected is due.
 * - After a failure there is a pause, which doubles: for renewals the whole of it, for callers who have no token at
 *   most `TOKEN_TIMES.withoutToken`.
 */
export class TokenLifeCycle<T> {
  readonly #renewBefore: number | undefined
  readonly #random: () => number
  #held: Held<T> | undefined
  #failures = 0
  /** When the next request may begin: to renew, and to serve callers who have no token. Monotonic. */
  #pauseEnds = { renewal: -Infinity, token: -Infinity }

  /** `renewBefore` is in seconds. `random` is from 0 to 1: it spreads the attempts of many processes. */
  constructor(renewBefore: number | undefined, random: () => number) {
    this.#renewBefore = renewBefore
    this.#random = random
  }

  plan(now: Moment): Plan<T> {
    const held = this.#held
    const left = held === undefined ? 0 : held.lifetime - secondsSince(held.askedAt, now)
    const isGood = held !== undefined && left > bounded(TOKEN_TIMES.leeway, held.lifetime)
    const isDue = !isGood || held.isRejected || left <= this.#margin(held.lifetime)
    const isPause = now.monotonic < this.#pauseEnds[isGood ? 'renewal' : 'token']
    return { token: isGood ? held.token : undefined, start: isDue && !isPause }
  }

  /**
   * The request, begun at `askedAt`, has brought a token that lives for so many seconds. Returns the seconds for which it
   * is held at most.
   */
  succeed(token: T, lives: number, askedAt: Moment): number {
    const lifetime = Math.min(lives, TOKEN_TIMES.longestLifetime)
    this.#failures = 0
    this.#pauseEnds = { renewal: -Infinity, token: -Infinity }
    this.#held = { token, askedAt, lifetime, isRejected: false }
    return lifetime
  }

  /** An attempt, the how many-th of its request, has failed. Returns the seconds until the next may be made. */
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

  /** An API has rejected a token. It is due now, if it is the one that is held. */
  reject(isIt: (token: T) => boolean, now: Moment): Rejection {
    const held = this.#held
    if (held === undefined || !isIt(held.token)) return 'gone'
    if (secondsSince(held.askedAt, now) < TOKEN_TIMES.tooYoung) return 'too_young'
    this.#held = { ...held, isRejected: true }
    return held.isRejected ? 'gone' : 'rejected'
  }

  /** Forgets a token, if it is the one that is held. Returns whether it was. */
  drop(isIt: (token: T) => boolean = () => true): boolean {
    const isHeld = this.#held !== undefined && isIt(this.#held.token)
    if (isHeld) this.#held = undefined
    return isHeld
  }

  /** Seconds until a caller who was turned away may ask again. */
  retryAfter(now: Moment): number {
    return Math.max(0, (this.#pauseEnds.token - now.monotonic) / 1000)
  }

  #margin(lifetime: number): number {
    if (this.#renewBefore === undefined) return bounded(TOKEN_TIMES.renewBefore, lifetime)
    // A margin as long as the life would renew at every call.
    return Math.min(this.#renewBefore, lifetime / 2)
  }

  #pause(failures: number): number {
    const { first, last, jitter } = TOKEN_TIMES.pause
    return Math.min(last, first * 2 ** (failures - 1)) * (1 - jitter * this.#random())
  }
}

function bounded({ part, most }: { part: number; most: number }, lifetime: number): number {
  return Math.min(most, part * lifetime)
}

/** Seconds, by the clock that has gone on longer. */
export function secondsSince(then: Moment, now: Moment): number {
  return Math.max(now.wall - then.wall, now.monotonic - then.monotonic) / 1000
}
