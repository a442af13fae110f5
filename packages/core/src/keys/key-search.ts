import type { Clock } from '../lib/clock.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { Rejection } from '../response/rejection.ts'
import type { DistrustedKeys } from './distrusted-keys.ts'
import type { KeyRefresh } from './key-refresh.ts'
import type { KeySet, VerifyingKey } from './key-set.ts'
import type { KeySearch, KeyQuery } from './key-source.ts'
import { type Arrival, type DemandTrigger, KEY_TIMES } from './life-cycle.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** Describes listed keys that are not tried for a token, in `found` of a rejection. */
export const NO_USABLE_KEY =
  'only distrusted keys, keys of another issuer, or too many matching keys'

/** Objects that all searches of one issuer share. */
export interface SearchServices {
  readonly issuer: string
  readonly clock: Clock
  readonly closed: AbortSignal
  readonly refresh: KeyRefresh
  readonly distrusted: DistrustedKeys
  readonly waitingRoom: WaitingRoom
}

type Found = readonly VerifyingKey[] | Rejection

/**
 * Finds the key that signed one token, among the keys that the issuer publishes. Fresh cached keys are returned
 * synchronously. If the cached keys are stale, the search may first wait for a refresh. If this process starts refreshes with
 * timers, the search waits for at most `KEY_TIMES.waitForFresh`. Otherwise it waits until the refresh has ended.
 *
 * A token with an unknown key gets 401 if the keys were fetched after the token arrived, or if a fetch cannot change the
 * result. Otherwise, the keys are fetched again. Attackers can send tokens with unknown keys, so there is a pause between
 * such fetches. During a pause:
 *
 * - A token that was issued long before the last fetch gets 401.
 * - Any other token may be valid. The request waits if the pause ends soon. Otherwise, it gets 503.
 */
export class PublishedKeySearch implements KeySearch {
  readonly #services: SearchServices
  readonly #query: KeyQuery
  readonly #arrival: Arrival
  readonly #tried = new Set<string>()
  #hasLooked = false

  constructor(services: SearchServices, query: KeyQuery) {
    this.#services = services
    this.#query = query
    if (query.tried !== undefined) this.#tried.add(query.tried.thumbprint)
    this.#arrival = services.refresh.lifeCycle.arrive(services.clock.monotonic())
  }

  next(): MaybePromise<Found> {
    const waiting = this.#hasLooked ? undefined : this.#waitForKeys()
    this.#hasLooked = true
    const found = waiting === undefined ? this.#find() : this.#findAfter(waiting)
    return andThen(found, (keys) => {
      if (!(keys instanceof Rejection)) for (const key of keys) this.#tried.add(key.thumbprint)
      return keys
    })
  }

  distrusted(): readonly VerifyingKey[] {
    const { distrusted } = this.#services
    return distrusted.isEmpty ? [] : distrusted.among(this.#listed())
  }

  hasListed(): boolean {
    return this.#listed().length > 0
  }

  get #set(): KeySet | undefined {
    const { clock, refresh } = this.#services
    return refresh.lifeCycle.held(clock.monotonic())?.set
  }

  #listed(): readonly VerifyingKey[] {
    const { algorithm, kid } = this.#query
    return this.#set?.find(algorithm, kid) ?? []
  }

  #untried(): readonly VerifyingKey[] {
    const keys = this.#query.choose(this.#services.distrusted.without(this.#listed()))
    return this.#tried.size === 0 ? keys : keys.filter((key) => !this.#tried.has(key.thumbprint))
  }

  /**
   * Waits for keys if no fresh keys are cached. Returns `undefined` if the request must not wait.
   *
   * - No usable keys: waits for the running attempt. After a failed attempt, a request waits only for an attempt that it
   *   starts itself, and only if this process starts refreshes without timers.
   * - Stale keys: if this process starts refreshes with timers, waits for at most `KEY_TIMES.waitForFresh`. Otherwise, waits until
   *   the refresh has ended. Does not wait after a failed attempt.
   */
  #waitForKeys(): Promise<void> | undefined {
    const { clock, refresh } = this.#services
    const held = refresh.lifeCycle.held(clock.monotonic())
    if (held === undefined) return refresh.startOrJoin('keys')
    if (held.state === 'stale') return refresh.startOrJoinBriefly()
    refresh.startIfDue()
    return undefined
  }

  #find(): MaybePromise<Found> {
    const keys = this.#untried()
    if (keys.length > 0) return keys
    if (this.#set === undefined) return this.#unavailable()
    if (this.#isComplete() || this.#query.isRuledOut()) return keys
    const refreshed = this.#services.refresh.startOrJoin('signing_key', this.#trigger)
    if (refreshed !== undefined && !this.#isLate()) return this.#join(refreshed)
    return this.#wasIssuedLongBefore() ? keys : this.#waitForPermission()
  }

  #join(refreshed: Promise<void>): MaybePromise<Found> {
    const leave = this.#services.waitingRoom.enterDuringFetch()
    return leave === undefined ? this.#pending() : this.#findAfter(refreshed.finally(leave))
  }

  async #findAfter(refreshed: Promise<void>): Promise<Found> {
    await refreshed
    const { lifeCycle } = this.#services.refresh
    const hasFailed = lifeCycle.failures > 0 && this.#untried().length === 0 && !this.#isComplete()
    if (!hasFailed) return this.#find()
    if (this.#set === undefined) return this.#unavailable()
    return this.#wasIssuedLongBefore() || this.#query.isRuledOut() ? [] : this.#unavailable()
  }

  #waitForPermission(): MaybePromise<Found> {
    const { closed, refresh, waitingRoom } = this.#services
    if (refresh.lifeCycle.failures > 0 || closed.aborted) return this.#unavailable()
    const latest = this.#arrival.at + KEY_TIMES.longestWait * 1000
    const isNear = !this.#isLate() && refresh.lifeCycle.permittedAt <= latest
    const leave = isNear ? waitingRoom.enterInPause(this.#query.kid) : undefined
    return leave === undefined
      ? this.#pending()
      : this.#findAfter(refresh.nextAttemptEnded().finally(leave))
  }

  /**
   * Returns `true` if a fetch is useless: the keys were fetched after the token arrived, or the key with this `kid` is for
   * another algorithm.
   */
  #isComplete(): boolean {
    const { algorithm, kid } = this.#query
    const { lifeCycle } = this.#services.refresh
    return lifeCycle.isCompleteAsOf(this.#arrival) || this.#set?.excludes(algorithm, kid) === true
  }

  /**
   * Returns whether the token was issued long before the keys were fetched, according to its unverified `iat`. In that
   * case, a valid key of the token would already be in the key set.
   */
  #wasIssuedLongBefore(): boolean {
    const { clock, refresh } = this.#services
    const { issuedAt } = this.#query
    // `iat` is wall-clock time. The wall clock may have been changed after the fetch, so the monotonic time of the fetch is
    // converted only now.
    const completeAt = clock.now() - (clock.monotonic() - refresh.lifeCycle.completeAt)
    return issuedAt !== undefined && completeAt >= (issuedAt + KEY_TIMES.issuedEarlier) * 1000
  }

  /** Returns whether the request must not wait for another refresh, because it has already waited too long. */
  #isLate(): boolean {
    const waited = this.#services.clock.monotonic() - this.#arrival.at
    return waited > KEY_TIMES.longestWait * 1000
  }

  get #trigger(): DemandTrigger {
    // For a token without `kid`, a changed key cannot be distinguished from a new one.
    return this.#tried.size > 0 && this.#query.kid !== undefined ? 'changed_key' : 'unknown_key'
  }

  #pending(): Rejection {
    const { clock, refresh } = this.#services
    const left = Math.max(0, refresh.lifeCycle.permittedAt - clock.monotonic()) / 1000
    const may = this.#isUnknown ? ', which may be new' : '. New keys are not available yet'
    return this.#reject('keys_refresh_pending', `${this.#missing}${may}`, left)
  }

  #unavailable(): Rejection {
    const { clock, closed, refresh } = this.#services
    const failure = refresh.lastFailure ?? 'no response yet'
    const hasKeys = this.#set !== undefined
    const whenClosed = hasKeys
      ? '. The resource server is closed and fetches no keys'
      : ', because the resource server is closed and fetches no keys'
    const whenFailed = hasKeys
      ? `. A refresh failed (${failure})`
      : `, and they could not be fetched (${failure})`
    const cause = closed.aborted ? whenClosed : whenFailed
    const retryAfter = refresh.lifeCycle.retryAfter(clock.monotonic())
    return this.#reject('keys_unavailable', `${this.#missing}${cause}`, retryAfter)
  }

  get #isUnknown(): boolean {
    return this.#tried.size > 0 || this.#listed().length === 0
  }

  get #missing(): string {
    if (this.#set === undefined) return 'none'
    return this.#isUnknown ? 'an unknown key' : NO_USABLE_KEY
  }

  #reject(
    reason: 'keys_unavailable' | 'keys_refresh_pending',
    found: string,
    retryAfter: number,
  ): Rejection {
    const expected = `the keys of ${this.#services.issuer}`
    return new Rejection(reason, { check: 'keys', expected, found }, { retryAfter })
  }
}
