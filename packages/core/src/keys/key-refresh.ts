import { keepInBackground, runDetached } from '#async-context'
import { onAbort } from '../authorization-server/deadline.ts'
import { describeFailure } from '../authorization-server/describe-failure.ts'
import { readRetryAfter } from '../authorization-server/retry-after.ts'
import { toMessage } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { getLostAfter, joinOrRestart } from '../lib/shared-work.ts'
import { withTimeLimit } from '../lib/with-time-limit.ts'
import type { Publish } from '../lib/publisher.ts'
import type { KeyAges } from '../model/settings.ts'
import type { KeysEvent } from './key-events.ts'
import {
  type DemandTrigger,
  type FetchedKeySet,
  KEY_TIMES,
  KeyLifeCycle,
  type Need,
} from './life-cycle.ts'

export interface KeyRefreshOptions {
  readonly issuer: string
  /** Fetches the current key set of the issuer. The promise settles within `timeout`, unless the runtime cancels the fetch. */
  readonly fetchKeySet: () => Promise<FetchedKeySet>
  /** Maximum time of an attempt in milliseconds. */
  readonly timeout: number
  readonly ages: KeyAges
  readonly clock: Clock
  readonly closed: AbortSignal
  readonly publish: Publish<KeysEvent>
  /**
   * `timers`: timers and requests start attempts. `requests`: only requests start attempts. Then an issuer that is not used
   * causes no calls, and no timer keeps the issuer in memory.
   */
  readonly startedBy: 'timers' | 'requests'
  /** Returns a random number from 0 to 1 for the jitter, so that many processes do not fetch at the same time. */
  readonly random?: () => number
}

/** Keeps the key set of an issuer fresh. `KeyLifeCycle` decides when to fetch; this class starts the fetches and timers. */
export class KeyRefresh {
  readonly lifeCycle: KeyLifeCycle
  readonly #options: KeyRefreshOptions
  readonly #lostAfter: number
  readonly #running = new Map<number, Promise<void>>()
  /** Functions that are called when an attempt ends, and when the resource server is closed. */
  readonly #waiting = new Set<() => void>()
  #lastError: unknown
  #cancelAttempt = () => {}
  #cancelStale = () => {}
  /** `true` if the event `keys_stale` was published for the current key set. */
  #isReportedStale = false

  constructor(options: KeyRefreshOptions) {
    const { ages, closed, startedBy, timeout, random = Math.random } = options
    this.#options = options
    this.#lostAfter = getLostAfter(timeout)
    this.lifeCycle = new KeyLifeCycle(ages, random)
    // An unused issuer must not be kept in memory by a listener.
    if (startedBy === 'requests') return
    closed.addEventListener('abort', () => {
      this.#cancelAttempt()
      this.#cancelStale()
      this.#wake()
    })
  }

  /** Error of the last failed attempt. */
  get lastError(): unknown {
    return this.#lastError
  }

  /** Code of the last failure. */
  get lastFailure(): string | undefined {
    return this.#lastError === undefined ? undefined : describeKeysFailure(this.#lastError).failure
  }

  /**
   * Starts or joins an attempt, as `KeyLifeCycle` plans it for this need. Returns `undefined` if the caller must not wait.
   * `trigger` is used only for the need `signing_key`.
   */
  startOrJoin(need: Need, trigger?: DemandTrigger): Promise<void> | undefined {
    const { closed, clock, startedBy } = this.#options
    if (closed.aborted) return undefined
    this.#dropLost()
    const { start, wait } = this.lifeCycle.plan(need, clock.monotonic(), trigger)
    // Without timers, only requests start attempts, so a request waits for the attempt that it starts.
    const waits = wait || (start && need === 'keys' && startedBy === 'requests')
    if (start) {
      const started = this.#attempt()
      if (waits) return started
      keepInBackground(started)
      return undefined
    }
    if (need === 'signing_key') this.#schedule()
    return waits ? this.#join(() => this.startOrJoin(need, trigger)) : undefined
  }

  /** Starts an attempt if one is due, unless timers start attempts. Must be called for each request that uses fresh keys. */
  startIfDue(): void {
    const { closed, clock, startedBy } = this.#options
    if (startedBy === 'timers' || closed.aborted) return
    this.#dropLost()
    if (clock.monotonic() >= this.lifeCycle.dueAt) keepInBackground(this.#attempt())
  }

  /** Waits for the newest attempt. If the runtime has cancelled the attempt, calls `restart` and waits for the result. */
  #join(restart: () => Promise<void> | undefined): Promise<void> | undefined {
    const newest = [...this.#running].at(-1)
    if (newest === undefined) return undefined
    const [number, done] = newest
    return joinOrRestart(done, this.#options.clock, this.#lostAfter, () => {
      this.#drop(number)
      return restart() ?? Promise.resolve()
    })
  }

  /** Forgets attempts that have not ended in time, because the runtime has cancelled them. */
  #dropLost(): void {
    if (this.#running.size === 0) return
    const oldest = this.#options.clock.monotonic() - this.#lostAfter
    for (const number of this.lifeCycle.startedBefore(oldest)) this.#drop(number)
  }

  #drop(number: number): void {
    this.#running.delete(number)
    this.lifeCycle.drop(number, this.#options.clock.monotonic())
  }

  /**
   * Starts or joins an attempt that replaces stale keys. With timers, resolves at most `KEY_TIMES.waitForFresh` seconds after
   * the start of the attempt. If the attempt is still running then, the caller uses the stale keys. Without timers, resolves
   * when the attempt ends. Returns `undefined` if the caller must not wait.
   */
  startOrJoinBriefly(): Promise<void> | undefined {
    const { clock, startedBy } = this.#options
    if (startedBy === 'requests') this.#reportStale()
    const refreshed = this.startOrJoin('fresh_keys')
    // Without timers, keys become stale because the issuer was not used. The issuer may have withdrawn a key in the meantime,
    // so the request waits for the whole attempt.
    if (refreshed === undefined || startedBy === 'requests') return refreshed
    const left = this.lifeCycle.startedAt + KEY_TIMES.waitForFresh * 1000 - clock.monotonic()
    if (left <= 0) return undefined
    return withTimeLimit(refreshed, left, clock, () => {})
  }

  /**
   * Waits for the running attempt. If none is running, starts one, unless the issuer has requested a pause. Resolves even if
   * the attempt fails.
   */
  async waitForAttempt(): Promise<void> {
    this.#dropLost()
    if (this.#running.size > 0) await this.#join(() => this.waitForAttempt())
    else if (this.lifeCycle.mayFetch(this.#options.clock.monotonic())) await this.#attempt()
  }

  /** Resolves when the next attempt ends, or when the resource server is closed. */
  async nextAttemptEnded(): Promise<void> {
    const { closed, startedBy } = this.#options
    if (closed.aborted) return
    if (startedBy === 'requests') return this.#attemptWhenDue()
    const ended = new Promise<void>((resolve) => this.#waiting.add(resolve))
    this.#schedule()
    const stopListening = onAbort(closed, () => this.#wake())
    await ended
    stopListening()
  }

  /**
   * Waits until an attempt is due, starts or joins it, and waits for its end. Does not start one if an attempt of another
   * request has ended in the meantime.
   */
  async #attemptWhenDue(): Promise<void> {
    const { closed, clock } = this.#options
    const { dueAt, startedAt } = this.lifeCycle
    await new Promise<void>((resolve) => {
      const cancel = clock.after(Math.max(0, dueAt - clock.monotonic()), () => {
        stopListening()
        resolve()
      })
      const stopListening = onAbort(closed, () => {
        cancel()
        resolve()
      })
    })
    if (this.#running.size === 0 && this.lifeCycle.startedAt > startedAt) return
    await this.startOrJoin('signing_key')
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Starts an attempt. The promise never rejects. */
  #attempt(): Promise<void> | undefined {
    const { closed, clock, fetchKeySet, issuer, publish } = this.#options
    if (closed.aborted) return undefined
    this.#cancelAttempt()
    const { demand: trigger } = this.lifeCycle
    const begunAt = clock.monotonic()
    const number = this.lifeCycle.begin(begunAt)
    const getDuration = () => (clock.monotonic() - begunAt) / 1000
    const done = runDetached(() =>
      fetchKeySet()
        .then(
          (fetched) => this.#succeeded(number, fetched, getDuration()),
          (error: unknown) => this.#failed(number, error, getDuration()),
        )
        .finally(() => {
          this.#running.delete(number)
          this.#wake()
          this.#schedule()
        }),
    )
    this.#running.set(number, done)
    if (trigger !== undefined) publish('keys_refresh_triggered', () => ({ issuer, trigger }))
    return done
  }

  #succeeded(number: number, fetched: FetchedKeySet, duration: number): void {
    const { lifeCycle } = this
    const { clock, issuer, publish, startedBy } = this.#options
    const { failures } = lifeCycle
    if (lifeCycle.succeed(number, fetched, clock.monotonic())) {
      for (const older of this.#running.keys()) if (older < number) this.#running.delete(older)
      const { size: keys, ignored } = fetched.set
      publish('keys_refreshed', () => ({ issuer, keys, ignored, duration }))
      if (failures > 0) publish('keys_recovered', () => ({ issuer, failures }))
      this.#isReportedStale = false
      this.#cancelStale()
      if (startedBy === 'timers')
        this.#cancelStale = this.#at(lifeCycle.staleAt, () => this.#reportStale())
    }
  }

  #reportStale(): void {
    if (this.#isReportedStale) return
    this.#isReportedStale = true
    const { clock, issuer, publish } = this.#options
    const usableFor = this.lifeCycle.usableFor(clock.monotonic())
    publish('keys_stale', () => ({ issuer, usableFor }))
  }

  #failed(number: number, error: unknown, duration: number): void {
    const { lifeCycle } = this
    const { clock, issuer, publish } = this.#options
    const retryAfter = readRetryAfter(error, clock.now())
    if (!lifeCycle.fail(number, clock.monotonic(), retryAfter)) return
    this.#lastError = error
    const { failures } = lifeCycle
    publish('keys_failed', () => ({
      issuer,
      ...describeKeysFailure(error),
      failures,
      duration,
      keys: lifeCycle.held(clock.monotonic())?.state ?? 'unavailable',
    }))
  }

  /** Sets the timer for the next attempt, unless only requests start attempts. */
  #schedule(): void {
    this.#cancelAttempt()
    if (this.#options.startedBy === 'requests') return
    this.#cancelAttempt = this.#at(this.lifeCycle.dueAt, () => void this.#attempt())
  }

  #at(time: number, callback: () => void): () => void {
    const { closed, clock } = this.#options
    if (closed.aborted || time === Infinity) return () => {}
    return clock.after(Math.max(0, time - clock.monotonic()), callback)
  }
}

function describeKeysFailure(error: unknown) {
  return (
    describeFailure<'jwks_uri'>(error) ??
    ({ failure: 'unusable_key_set', detail: toMessage(error) } as const)
  )
}
