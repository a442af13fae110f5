import { RequestedPause } from '../authorization-server/retry-after.ts'
import type { KeyAges } from '../model/settings.ts'
import type { KeySet } from './key-set.ts'

/** The times of the life-cycle, in seconds. An entry for an option is the default of that option. */
export const KEY_TIMES = {
  /** Option `jwksMaxAge`: a key set is refreshed before it reaches this age. */
  maxAge: 600,
  /** Option `jwksStaleIfError`: a key set is never used after this age, even if the issuer is unreachable. */
  staleLimit: 86_400,
  /** Lowest maximum age that `Cache-Control` of the response can set. */
  minAge: 30,
  /** A key set is refreshed after the fraction `part` of its maximum age, plus or minus a random fraction of up to `jitter`. */
  refreshAt: { part: 0.8, jitter: 0.05 },
  /** Backoff after failed attempts: the first pause, the longest pause, and the jitter as a fraction of the pause. */
  backOff: { first: 2, last: 60, jitter: 0.2 },
  /** Shortest time between two attempts that are started by requests while no keys are usable. */
  withoutKeys: 0.8,
  /**
   * Longest time that a request waits for a refresh of stale keys. After this time, it uses the stale keys. Without timers, the
   * request waits for the whole attempt.
   */
  waitForFresh: 0.3,
  /** Shortest time between two attempts that tokens with unknown keys trigger. Such a trigger is called a demand. */
  betweenDemands: 3.5,
  /**
   * Longest time that a request with an unknown key waits for an attempt to start. When the attempt has started, the request
   * waits until the attempt ends.
   */
  longestWait: 1,
  /** An issuer may set `iat` to a time that is up to this number of seconds before the real time. Entra uses 300. */
  issuedEarlier: 300,
} as const

/** A reason why a request needs an attempt to fetch the keys. */
export type Need =
  /** No usable key set: none was fetched, or the last one is too old. */
  | 'keys'
  /** The current key set is stale. */
  | 'fresh_keys'
  /** No key in the current key set matches a token, or the key with the `kid` of the token did not sign the token. */
  | 'signing_key'

/**
 * Reason why a token triggers an attempt. `unknown_key`: no key matches the token. `changed_key`: a key has the `kid` of the
 * token, but did not sign the token.
 */
export type DemandTrigger = 'unknown_key' | 'changed_key'

/** The plan for a need: whether to start an attempt, and whether the request waits for the latest attempt. */
export interface RefreshPlan {
  readonly start: boolean
  readonly wait: boolean
}

/** The arrival of a token: the time, and the number of attempts that had started earlier. */
export interface Arrival {
  readonly attempts: number
  readonly at: number
}

/** The result of a successful attempt. */
export interface FetchedKeySet {
  readonly set: KeySet
  /** Seconds for which the key set may be cached, if the response contains a maximum age. */
  readonly maxAge: number | undefined
  /** Seconds for which HTTP caches had stored the response. */
  readonly age: number
}

interface HeldSet {
  readonly set: KeySet
  readonly loadedAt: number
  readonly maxAge: number
  /** Number of the attempt that fetched the set. */
  readonly attempt: number
  /** Every key that was published before this time is in the set. */
  readonly completeAt: number
}

/**
 * The life-cycle of the key set of one issuer, as a state machine that makes no network calls and reads no clock.
 * Callers report events with their times, and get the next action. All times are monotonic milliseconds. An attempt is one
 * try to fetch the keys.
 *
 * - A key set is `fresh` until its maximum age, then `stale` until the stale limit. After that, the set is not used.
 * - Attempts are numbered. The result of an older attempt never replaces the result of a newer one.
 * - While no keys are usable, a request waits for the running attempt. After a failed attempt, such a request gets 503
 *   immediately. Without timers, there is one exception: see `KeyRefresh.startOrJoin`.
 * - Tokens with unknown keys trigger at most one attempt in each period of `KEY_TIMES.betweenDemands`. If such a token arrives
 *   during this period, the next attempt is due at the end of the period.
 * - If the issuer sent `Retry-After`, no attempt starts before that pause ends. The pause is at most
 *   `LONGEST_RETRY_AFTER.documents` long.
 */
export class KeyLifeCycle {
  readonly #ages: KeyAges
  readonly #random: () => number
  #held: HeldSet | undefined
  #started = 0
  #startedAt = -Infinity
  /** Start times of the running attempts, by number. Attempts whose result would be ignored are not included. */
  readonly #running = new Map<number, number>()
  /** The trigger of the next attempt, if a token has triggered it. */
  #demand: DemandTrigger | undefined
  /** Start time of the last attempt that a token has triggered. */
  #demandedAt = -Infinity
  #failures = 0
  #dueAt = Infinity
  readonly #pause = new RequestedPause()

  constructor(ages: KeyAges, random: () => number) {
    this.#ages = ages
    this.#random = random
  }

  /** Returns the key set that may be used, and its state. */
  held(now: number): { readonly set: KeySet; readonly state: 'fresh' | 'stale' } | undefined {
    if (this.#held === undefined) return undefined
    const age = now - this.#held.loadedAt
    if (age >= this.#ages.staleLimit * 1000) return undefined
    return { set: this.#held.set, state: age < this.#held.maxAge * 1000 ? 'fresh' : 'stale' }
  }

  /** Number of attempts that have failed since the last success. */
  get failures(): number {
    return this.#failures
  }

  /** Start time of the last attempt. */
  get startedAt(): number {
    return this.#startedAt
  }

  /** Time when the current key set was fetched. */
  get loadedAt(): number {
    return this.#held?.loadedAt ?? -Infinity
  }

  /** Time when the current key set becomes stale. */
  get staleAt(): number {
    return this.#held === undefined ? Infinity : this.#held.loadedAt + this.#held.maxAge * 1000
  }

  /** Returns the seconds for which the current key set may still be used. */
  usableFor(now: number): number {
    return Math.max(0, Math.round(this.#ages.staleLimit - (now - this.loadedAt) / 1000))
  }

  /** Time when the next attempt must start: the scheduled time, or an earlier time if a token has triggered the attempt. */
  get dueAt(): number {
    return this.#demand === undefined ? this.#dueAt : Math.min(this.#dueAt, this.permittedAt)
  }

  /** Earliest time at which a token with an unknown key can start an attempt. */
  get permittedAt(): number {
    return Math.max(this.#pause.until, this.#demandedAt + KEY_TIMES.betweenDemands * 1000)
  }

  /** Returns the arrival of a token that arrives now. */
  arrive(now: number): Arrival {
    return { attempts: this.#started, at: now }
  }

  /**
   * Returns whether the current key set has all keys that the issuer had published when a token arrived. The attempt that
   * fetched the set must have started after the arrival, and its response must not come from an older HTTP cache entry.
   */
  isCompleteAsOf(arrival: Arrival): boolean {
    const held = this.#held
    return held !== undefined && held.attempt > arrival.attempts && held.completeAt >= arrival.at
  }

  /** Time up to which the current key set is complete: every key that was published earlier is in the set. */
  get completeAt(): number {
    return this.#held?.completeAt ?? -Infinity
  }

  /**
   * Returns `false` during a pause that the issuer has requested: then no attempt may start. The pause is at most
   * `LONGEST_RETRY_AFTER.documents` long.
   */
  mayFetch(now: number): boolean {
    return now >= this.#pause.until
  }

  /**
   * Returns the plan for a need. For the need `signing_key`, it also records `trigger` for the next attempt, unless an attempt
   * is running or another trigger is recorded.
   */
  plan(need: Need, now: number, trigger: DemandTrigger = 'unknown_key'): RefreshPlan {
    const running = this.#running.size > 0
    switch (need) {
      case 'keys': {
        const due = this.mayFetch(now) && now - this.#startedAt >= KEY_TIMES.withoutKeys * 1000
        return this.#failures === 0 ? { start: !running, wait: true } : { start: due, wait: false }
      }
      case 'fresh_keys':
        // If no attempt has failed, the keys are stale for one of two reasons. Either no attempt could start in time, for
        // example because the process was suspended: then requests wait for a refresh. Or the running attempt is slow.
        // Requests do not wait for an attempt that started while the keys were fresh, because it probably hangs.
        return this.#failures === 0
          ? { start: !running, wait: !running || this.#startedAt >= this.staleAt }
          : { start: !running && now >= this.#dueAt, wait: false }
      case 'signing_key': {
        if (running) return { start: false, wait: true }
        this.#demand ??= trigger
        const permitted = now >= this.permittedAt
        return { start: permitted, wait: permitted }
      }
    }
  }

  /** The trigger of the next attempt, if a token has triggered it. */
  get demand(): DemandTrigger | undefined {
    return this.#demand
  }

  /** Starts an attempt. Returns its number. */
  begin(now: number): number {
    if (this.#demand !== undefined) this.#demandedAt = now
    this.#demand = undefined
    this.#startedAt = now
    this.#dueAt = Infinity
    this.#running.set(++this.#started, now)
    return this.#started
  }

  /**
   * Ends an attempt that fetched a key set. Returns `false` and ignores the set if a newer attempt has succeeded, or if this
   * attempt was dropped.
   */
  succeed(attempt: number, { set, maxAge, age }: FetchedKeySet, now: number): boolean {
    const begunAt = this.#running.get(attempt)
    if (begunAt === undefined) return false
    for (const older of this.#running.keys()) if (older <= attempt) this.#running.delete(older)
    this.#failures = 0
    this.#pause.end()
    const kept = Math.min(this.#ages.maxAge, Math.max(KEY_TIMES.minAge, maxAge ?? Infinity))
    this.#held = { set, loadedAt: now, maxAge: kept, attempt, completeAt: begunAt - age * 1000 }
    const { part, jitter } = KEY_TIMES.refreshAt
    this.#dueAt = now + kept * 1000 * (part + this.#vary(jitter))
    return true
  }

  /**
   * Ends an attempt that failed. `retryAfter` is the pause in seconds that the issuer requested, or 0. Returns `false` and
   * ignores the failure if a newer attempt has succeeded, or if this attempt was dropped.
   */
  fail(attempt: number, now: number, retryAfter: number): boolean {
    if (!this.#running.delete(attempt)) return false
    this.#failures++
    const { first, last, jitter } = KEY_TIMES.backOff
    const backoff = Math.min(last, first * 2 ** (this.#failures - 1)) * 1000
    const spread = backoff * this.#vary(jitter)
    this.#pause.request(retryAfter, now)
    this.#dueAt = Math.max(now + backoff + spread, this.#pause.until + Math.abs(spread))
    return true
  }

  /** Returns the running attempts that started before a time. */
  startedBefore(time: number): readonly number[] {
    return [...this.#running].filter(([, startedAt]) => startedAt < time).map(([number]) => number)
  }

  /** Forgets an attempt that the runtime has cancelled. It is not counted as a failure, so the next attempt may start now. */
  drop(attempt: number, now: number): void {
    if (this.#running.delete(attempt) && this.#running.size === 0)
      this.#dueAt = Math.max(this.#pause.until, Math.min(this.#dueAt, now))
  }

  /** Returns the seconds after which a request that gets 503 should be retried. */
  retryAfter(now: number): number {
    const untilDue = (Math.min(this.#dueAt, this.permittedAt) - now) / 1000
    const expected = this.held(now) === undefined ? 1 : untilDue
    return Math.max(0, expected, (this.#pause.until - now) / 1000)
  }

  #vary(jitter: number): number {
    return (this.#random() * 2 - 1) * jitter
  }
}
