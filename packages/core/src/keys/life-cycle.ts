import { RequestedPause } from '../authorization-server/retry-after.ts'
import type { KeyAges } from '../model/settings.ts'
import type { KeySet } from './key-set.ts'
import { TokenBucket } from '../lib/token-bucket.ts'

/** The numbers of the life-cycle, in seconds. Those that are options are defaults here. */
export const KEY_TIMES = {
  /** Option `jwksMaxAge`: a set is replaced before it is this old. */
  maxAge: 600,
  /** Option `jwksStaleIfError`: what a set may not outlive, however long the issuer cannot be reached. */
  staleLimit: 86_400,
  /** `Cache-Control` can shorten the maximum age, but not below this. */
  minAge: 30,
  /** The part of its age at which a set is fetched again, and by how much that varies. */
  refreshAt: { part: 0.8, jitter: 0.05 },
  /** Between failed attempts: the first pause, what it may grow to, and by which part it varies. */
  backOff: { first: 2, last: 60, jitter: 0.2 },
  /** Without any keys, requests may start an attempt this often. */
  withoutKeys: 0.8,
  /** A request that finds keys which are too old waits for younger ones, so long at most. Then the old ones serve. */
  waitForFresh: 0.3,
  /** Fetches for keys that are not in the set: so many at once, and one more in each interval. */
  unknownKey: { burst: 2, interval: 5 },
  /** Fetches for keys whose material may have changed under its `kid`. */
  changedKey: { burst: 1, interval: 30 },
} as const

/** What a request lacks. */
export type Need =
  /** A set to look into: there is none, or none that may still be used. */
  | 'keys'
  /** A younger set than the one that is held. */
  | 'fresh_keys'
  /** A key that the set does not list. */
  | 'unknown_key'
  /** The key that signed, where the listed one of that name did not. */
  | 'changed_key'

/** What to do about it: start an attempt, wait for the one that runs, both, or neither. */
export interface RefreshPlan {
  readonly start: boolean
  readonly wait: boolean
}

interface HeldSet {
  readonly set: KeySet
  readonly loadedAt: number
  readonly maxAge: number
}

/**
 * The life of one issuer's key set, as a state machine without input or output: it is told what happens
 * and when, and says what to do. All times are monotonic milliseconds.
 *
 * - A set is `fresh` up to its maximum age, `stale` up to the stale limit, and then gone.
 * - Attempts are numbered. The answer to an older one never replaces that of a newer one.
 * - Requests wait only where an answer can be expected: once an attempt has failed, a request that has no
 *   keys is answered at once while attempts go on behind it.
 * - Scheduled attempts, unknown keys and changed keys have budgets of their own.
 * - Where the issuer has asked for a pause, nothing starts an attempt before it is over.
 */
export class KeyLifeCycle {
  readonly #ages: KeyAges
  readonly #random: () => number
  readonly #unknownKey = bucket(KEY_TIMES.unknownKey)
  readonly #changedKey = bucket(KEY_TIMES.changedKey)
  #held: HeldSet | undefined
  #started = 0
  #startedAt = -Infinity
  /** The attempts whose answer still counts. */
  readonly #running = new Set<number>()
  #failures = 0
  #dueAt = Infinity
  readonly #pause = new RequestedPause()

  constructor(ages: KeyAges, random: () => number) {
    this.#ages = ages
    this.#random = random
  }

  /** The set that may be used, and how it stands with its age. */
  held(now: number): { readonly set: KeySet; readonly state: 'fresh' | 'stale' } | undefined {
    if (this.#held === undefined) return undefined
    const age = now - this.#held.loadedAt
    if (age >= this.#ages.staleLimit * 1000) return undefined
    return { set: this.#held.set, state: age < this.#held.maxAge * 1000 ? 'fresh' : 'stale' }
  }

  /** How many attempts have failed since the last one that did not. */
  get failures(): number {
    return this.#failures
  }

  /** When the last attempt began. */
  get startedAt(): number {
    return this.#startedAt
  }

  /** When the held set was loaded. */
  get loadedAt(): number {
    return this.#held?.loadedAt ?? -Infinity
  }

  /** When the held set stops being fresh. */
  get staleAt(): number {
    return this.#held === undefined ? Infinity : this.#held.loadedAt + this.#held.maxAge * 1000
  }

  /** When the next attempt is due by itself. */
  get dueAt(): number {
    return this.#dueAt
  }

  /** Whether no pause keeps us from asking the issuer. */
  mayAsk(now: number): boolean {
    return now >= this.#pause.until
  }

  plan(need: Need, now: number): RefreshPlan {
    const running = this.#running.size > 0
    switch (need) {
      case 'keys': {
        const due = this.mayAsk(now) && now - this.#startedAt >= KEY_TIMES.withoutKeys * 1000
        return this.#failures === 0 ? { start: !running, wait: true } : { start: due, wait: false }
      }
      case 'fresh_keys':
        // A process that was suspended wakes up with an old set and no failure that explains its age. An
        // attempt that began before the set was old, and still runs, is such a failure in the making.
        return this.#failures === 0
          ? { start: !running, wait: !running || this.#startedAt >= this.staleAt }
          : { start: !running && now >= this.#dueAt, wait: false }
      case 'unknown_key':
        return this.#joinOrTake(running, this.#unknownKey, now)
      case 'changed_key':
        return this.#joinOrTake(running, this.#changedKey, now)
    }
  }

  /** An attempt begins. Returns its number. */
  begin(now: number): number {
    this.#startedAt = now
    this.#dueAt = Infinity
    this.#running.add(++this.#started)
    return this.#started
  }

  /**
   * An attempt has brought a set that may be kept for `maxAge` seconds, if the issuer says so. Returns
   * whether the set is taken over: it is not, where a newer attempt was faster.
   */
  succeed(attempt: number, set: KeySet, maxAge: number | undefined, now: number): boolean {
    if (!this.#running.has(attempt)) return false
    for (const older of this.#running) if (older <= attempt) this.#running.delete(older)
    this.#failures = 0
    this.#pause.end()
    const kept = Math.min(this.#ages.maxAge, Math.max(KEY_TIMES.minAge, maxAge ?? Infinity))
    this.#held = { set, loadedAt: now, maxAge: kept }
    const { part, jitter } = KEY_TIMES.refreshAt
    this.#dueAt = now + kept * 1000 * (part + this.#vary(jitter))
    return true
  }

  /**
   * An attempt has failed, and the issuer has asked for a pause of so many seconds: 0 where it has not. Returns
   * whether that counts: not where a newer attempt has succeeded.
   */
  fail(attempt: number, now: number, retryAfter: number): boolean {
    if (!this.#running.delete(attempt)) return false
    this.#failures++
    const { first, last, jitter } = KEY_TIMES.backOff
    const pause = Math.min(last, first * 2 ** (this.#failures - 1)) * 1000
    const spread = pause * this.#vary(jitter)
    this.#pause.request(retryAfter, now)
    this.#dueAt = Math.max(now + pause + spread, this.#pause.until + Math.abs(spread))
    return true
  }

  /** Seconds after which a caller who was turned away may find keys. */
  retryAfter(now: number): number {
    const untilDue = (this.#dueAt - now) / 1000
    const usual =
      this.held(now) === undefined ? 1 : Math.min(untilDue, KEY_TIMES.unknownKey.interval)
    return Math.max(usual, (this.#pause.until - now) / 1000)
  }

  #joinOrTake(running: boolean, budget: TokenBucket, now: number): RefreshPlan {
    if (running) return { start: false, wait: true }
    const allowed = this.mayAsk(now) && budget.take(now)
    return { start: allowed, wait: allowed }
  }

  #vary(jitter: number): number {
    return (this.#random() * 2 - 1) * jitter
  }
}

function bucket({ burst, interval }: { burst: number; interval: number }): TokenBucket {
  return new TokenBucket(burst, interval * 1000)
}
