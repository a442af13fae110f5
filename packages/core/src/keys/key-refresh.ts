import { runDetached } from '#async-context'
import { describeFailure } from '../authorization-server/describe-failure.ts'
import { readRetryAfter } from '../authorization-server/retry-after.ts'
import { toMessage } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Publish } from '../lib/publisher.ts'
import type { KeyAges } from '../model/settings.ts'
import type { KeysEvent } from './key-events.ts'
import { type FetchedKeySet, KEY_TIMES, KeyLifeCycle, type Need } from './life-cycle.ts'

export interface KeyRefreshOptions {
  readonly issuer: string
  /** Brings the set that the issuer publishes now. Always settles. */
  readonly fetchKeySet: () => Promise<FetchedKeySet>
  readonly ages: KeyAges
  readonly clock: Clock
  readonly closed: AbortSignal
  readonly publish: Publish<KeysEvent>
  /** From 0 to 1: spreads the attempts of many processes. */
  readonly random?: () => number
}

/** Keeps the key set of an issuer young. `KeyLifeCycle` decides; this carries it out, with timers and attempts. */
export class KeyRefresh {
  readonly lifeCycle: KeyLifeCycle
  readonly #options: KeyRefreshOptions
  readonly #running = new Map<number, Promise<void>>()
  /** Called when an attempt is over, and when there will be none any more. */
  readonly #waiting = new Set<() => void>()
  #lastError: unknown
  #cancelAttempt = () => {}
  #cancelStale = () => {}

  constructor(options: KeyRefreshOptions) {
    const { ages, closed, random = Math.random } = options
    this.#options = options
    this.lifeCycle = new KeyLifeCycle(ages, random)
    closed.addEventListener('abort', () => {
      this.#cancelAttempt()
      this.#cancelStale()
      this.#wake()
    })
  }

  /** Why the last attempt failed that did. */
  get lastError(): unknown {
    return this.#lastError
  }

  /** Does what the plan for a need says. A promise where there is something to wait for. */
  follow(need: Need, onStart?: () => void): Promise<void> | undefined {
    if (this.#options.closed.aborted) return undefined
    const { start, wait } = this.lifeCycle.plan(need, this.#options.clock.monotonic())
    if (start) {
      this.#attempt()
      onStart?.()
    } else if (need === 'signing_key') this.#schedule()
    return wait ? [...this.#running.values()].at(-1) : undefined
  }

  /**
   * Does what the plan for younger keys says. Old keys serve where those do not come soon. A promise where there is
   * something to wait for.
   */
  followBriefly(): Promise<void> | undefined {
    const { clock } = this.#options
    const refreshed = this.follow('fresh_keys')
    if (refreshed === undefined) return undefined
    const left = this.lifeCycle.startedAt + KEY_TIMES.waitForFresh * 1000 - clock.monotonic()
    if (left <= 0) return undefined
    let cancel = () => {}
    const enough = new Promise<void>((resolve) => {
      cancel = clock.after(left, resolve)
    })
    return Promise.race([refreshed, enough]).finally(cancel)
  }

  /** Waits for the first set, or for the next attempt to have one. */
  async first(): Promise<void> {
    const now = this.#options.clock.monotonic()
    if (this.#running.size === 0 && this.lifeCycle.mayAsk(now)) this.#attempt()
    await [...this.#running.values()].at(-1)
  }

  /** Waits until an attempt is over, or there will be none any more. */
  async end(): Promise<void> {
    if (this.#options.closed.aborted) return
    await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  #attempt(): void {
    const { closed, clock, fetchKeySet } = this.#options
    if (closed.aborted) return
    this.#cancelAttempt()
    const number = this.lifeCycle.begin(clock.monotonic())
    const done = runDetached(() =>
      fetchKeySet()
        .then(
          (fetched) => this.#succeeded(number, fetched),
          (error: unknown) => this.#failed(number, error),
        )
        .finally(() => {
          this.#running.delete(number)
          this.#wake()
        }),
    )
    this.#running.set(number, done)
  }

  #succeeded(number: number, fetched: FetchedKeySet): void {
    const { lifeCycle } = this
    const { clock, issuer, publish } = this.#options
    const { failures } = lifeCycle
    if (lifeCycle.succeed(number, fetched, clock.monotonic())) {
      for (const older of this.#running.keys()) if (older < number) this.#running.delete(older)
      const { size: keys, ignored } = fetched.set
      publish(() => ({ type: 'keys_refreshed', issuer, keys, ignored }))
      if (failures > 0) publish(() => ({ type: 'keys_recovered', issuer, failures }))
      this.#cancelStale()
      this.#cancelStale = this.#at(lifeCycle.staleAt, () =>
        publish(() => ({ type: 'keys_stale', issuer })),
      )
    }
    this.#schedule()
  }

  #failed(number: number, error: unknown): void {
    const { lifeCycle } = this
    const { clock, issuer, publish } = this.#options
    const retryAfter = readRetryAfter(error, clock.now())
    if (!lifeCycle.fail(number, clock.monotonic(), retryAfter)) return
    this.#lastError = error
    const { failures } = lifeCycle
    publish(() => ({ type: 'keys_failed', issuer, ...describeKeysFailure(error), failures }))
    this.#schedule()
  }

  #schedule(): void {
    this.#cancelAttempt()
    this.#cancelAttempt = this.#at(this.lifeCycle.dueAt, () => this.#attempt())
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
