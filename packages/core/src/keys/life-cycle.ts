import { RequestedPause } from '../authorization-server/retry-after.ts'
import type { KeyAges } from '../model/settings.ts'
import type { KeySet } from './key-set.ts'

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
  /** Between two attempts that tokens set off whose key is not held. */
  betweenDemands: 3.5,
  /** A token whose key is not held waits for an attempt that begins within this time of its arrival. */
  longestWait: 1,
  /** Issuers date tokens back: Entra writes an `iat` of five minutes ago. */
  issuedEarlier: 300,
} as const

/** The things that a request can lack. */
export type Need =
  /** A set to look into: there is none, or none that may still be used. */
  | 'keys'
  /** A younger set than the one that is held. */
  | 'fresh_keys'
  /** The key that has signed a token: the held set does not list it, or has other material under its name. */
  | 'signing_key'

/** The reasons why a token lacks its key: no such key is held, or the held one did not sign it. */
export type DemandTrigger = 'unknown_key' | 'changed_key'

/** The plan for a need: start an attempt, wait for the one that runs, both, or neither. */
export interface RefreshPlan {
  readonly start: boolean
  readonly wait: boolean
}

/** The moment of something among the attempts: how many had begun, and the time. */
export interface Arrival {
  readonly attempts: number
  readonly at: number
}

/** The result of a successful attempt. */
export interface FetchedKeySet {
  readonly set: KeySet
  /** Seconds for which it may be kept, if the issuer says so. */
  readonly maxAge: number | undefined
  /** Seconds that it has spent in caches on its way. */
  readonly age: number
}

interface HeldSet {
  readonly set: KeySet
  readonly loadedAt: number
  readonly maxAge: number
  /** The number of its attempt. */
  readonly attempt: number
  /** Time up to which every published key is in it. */
  readonly completeAt: number
}

/**
 * The life of one issuer's key set, as a state machine without input or output: it is told what happens
 * and when, and says what to do. All times are monotonic milliseconds.
 *
 * - A set is `fresh` up to its maximum age, `stale` up to the stale limit, and then gone.
 * - Attempts are numbered. The answer to an older one never replaces that of a newer one.
 * - Requests wait only where an answer can be expected: once an attempt has failed, a request that has no
 *   keys is answered at once while attempts go on behind it.
 * - Tokens whose key is not held set off attempts at a pace of their own. What comes too early brings the next
 *   scheduled attempt forward.
 * - Where the issuer has asked for a pause, nothing starts an attempt before it is over.
 */
export class KeyLifeCycle {
  readonly #ages: KeyAges
  readonly #random: () => number
  #held: HeldSet | undefined
  #started = 0
  #startedAt = -Infinity
  /** The attempts whose answer still counts, and when they began. */
  readonly #running = new Map<number, number>()
  /** The reason why a token asks for the next attempt. */
  #demand: DemandTrigger | undefined
  /** The time when the last attempt began that a token had asked for. */
  #demandedAt = -Infinity
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

  /** The number of attempts that have failed since the last success. */
  get failures(): number {
    return this.#failures
  }

  /** The time when the last attempt began. */
  get startedAt(): number {
    return this.#startedAt
  }

  /** The time when the held set was loaded. */
  get loadedAt(): number {
    return this.#held?.loadedAt ?? -Infinity
  }

  /** The time when the held set stops being fresh. */
  get staleAt(): number {
    return this.#held === undefined ? Infinity : this.#held.loadedAt + this.#held.maxAge * 1000
  }

  /** Seconds for which the held set may still be used. */
  usableFor(now: number): number {
    return Math.max(0, Math.round(this.#ages.staleLimit - (now - this.loadedAt) / 1000))
  }

  /** The time when the next attempt is due: by itself, or because a token asks for it. */
  get dueAt(): number {
    return this.#demand === undefined ? this.#dueAt : Math.min(this.#dueAt, this.permittedAt)
  }

  /** From when on a token whose key is not held may set off an attempt. */
  get permittedAt(): number {
    return Math.max(this.#pause.until, this.#demandedAt + KEY_TIMES.betweenDemands * 1000)
  }

  /** The arrival of a token now. */
  arrive(now: number): Arrival {
    return { attempts: this.#started, at: now }
  }

  /**
   * Returns whether the held set has all keys that the issuer had published at an arrival: its attempt began after that, and
   * the answer did not come from a cache that is older.
   */
  isCompleteSince(arrival: Arrival): boolean {
    const held = this.#held
    return held !== undefined && held.attempt > arrival.attempts && held.completeAt >= arrival.at
  }

  /** Time up to which every published key is in the held set. */
  get completeAt(): number {
    return this.#held?.completeAt ?? -Infinity
  }

  /** Returns whether no pause keeps us from asking the issuer. */
  mayAsk(now: number): boolean {
    return now >= this.#pause.until
  }

  /** Says what to do about a need. `trigger` is why a token needs its `signing_key`. */
  plan(need: Need, now: number, trigger: DemandTrigger = 'unknown_key'): RefreshPlan {
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
      case 'signing_key': {
        if (running) return { start: false, wait: true }
        this.#demand ??= trigger
        const permitted = now >= this.permittedAt
        return { start: permitted, wait: permitted }
      }
    }
  }

  /** The reason why a token asks for the next attempt, if one does. */
  get demand(): DemandTrigger | undefined {
    return this.#demand
  }

  /** An attempt begins. Returns its number. */
  begin(now: number): number {
    if (this.#demand !== undefined) this.#demandedAt = now
    this.#demand = undefined
    this.#startedAt = now
    this.#dueAt = Infinity
    this.#running.set(++this.#started, now)
    return this.#started
  }

  /** An attempt has brought a set. Returns whether it is taken over: it is not, where a newer attempt was faster. */
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
    const untilDue = (Math.min(this.#dueAt, this.permittedAt) - now) / 1000
    const usual = this.held(now) === undefined ? 1 : untilDue
    return Math.max(0, usual, (this.#pause.until - now) / 1000)
  }

  #vary(jitter: number): number {
    return (this.#random() * 2 - 1) * jitter
  }
}
