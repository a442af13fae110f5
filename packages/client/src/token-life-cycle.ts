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
  /** Begin a request. */
  readonly start: boolean
}

interface Held<T> {
  readonly token: T
  /** When it was asked for: it cannot have been made earlier. */
  readonly askedAt: Moment
  /** Seconds. */
  readonly lifetime: number
}

/**
 * The life of one token and its successors, as a state machine without input or output: it is told what
 * happens and when, and says what to do.
 *
 * - A token is fresh, then due for renewal while it is still handed out, then gone.
 * - There is one request at a time. Nothing is requested that nobody asks for.
 * - After a failure there is a pause, which doubles: for renewals the whole of it, for callers who have no token at
 *   most `TOKEN_TIMES.withoutToken`, unless the server has asked for more.
 */
export class TokenLifeCycle<T> {
  readonly #renewBefore: number | undefined
  readonly #random: () => number
  #held: Held<T> | undefined
  #running = false
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
    const left = held === undefined ? 0 : held.lifetime - ageOf(held, now)
    const isGood = held !== undefined && left > bounded(TOKEN_TIMES.leeway, held.lifetime)
    const isDue = !isGood || left <= this.#margin(held.lifetime)
    const mayStart =
      !this.#running && now.monotonic >= this.#pauseEnds[isGood ? 'renewal' : 'token']
    return { token: isGood ? held.token : undefined, start: isDue && mayStart }
  }

  begin(): void {
    this.#running = true
  }

  /** The request, begun at `askedAt`, has brought a token that lives for so many seconds. */
  succeed(token: T, lifetime: number, askedAt: Moment): void {
    this.#failures = 0
    this.#pauseEnds = { renewal: -Infinity, token: -Infinity }
    this.#held = { token, askedAt, lifetime: Math.min(lifetime, TOKEN_TIMES.longestLifetime) }
  }

  /** An attempt, the how many-th of its request, has failed. Returns the seconds until the next may be made. */
  fail(attempt: number, now: Moment, retryAfter: number | undefined): number {
    this.#failures++
    const asked = Math.min(retryAfter ?? 0, TOKEN_TIMES.retryAfter)
    const renewal = Math.max(asked, this.#pause(this.#failures))
    const token = Math.max(asked, Math.min(renewal, TOKEN_TIMES.withoutToken))
    this.#pauseEnds = {
      renewal: now.monotonic + renewal * 1000,
      token: now.monotonic + token * 1000,
    }
    return Math.max(asked, this.#pause(attempt))
  }

  /** The request is over, however it ended. */
  end(): void {
    this.#running = false
  }

  /** Forgets a token, if it is the one that is held. Without one, whichever that is. */
  drop(isIt: (token: T) => boolean): void {
    if (this.#held !== undefined && isIt(this.#held.token)) this.#held = undefined
  }

  /** Seconds since the held token was asked for, if it is this one. */
  age(isIt: (token: T) => boolean, now: Moment): number | undefined {
    if (this.#held === undefined || !isIt(this.#held.token)) return undefined
    return ageOf(this.#held, now)
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
function ageOf({ askedAt }: Held<unknown>, now: Moment): number {
  return Math.max(now.wall - askedAt.wall, now.monotonic - askedAt.monotonic) / 1000
}
