import type { Clock } from '../lib/clock.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { Rejection } from '../response/rejection.ts'
import type { DistrustedKeys } from './distrusted-keys.ts'
import type { KeyRefresh } from './key-refresh.ts'
import type { KeySet, VerifyingKey } from './key-set.ts'
import type { KeySearch, KeyQuery } from './key-source.ts'
import { type Arrival, type DemandTrigger, KEY_TIMES } from './life-cycle.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** The parts that the searches of one issuer share. */
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
 * The search for the key that has signed one token, among keys that an issuer publishes. Keys at hand are found at once.
 *
 * That the issuer has no key for the token is said only where it is certain: where the keys were fetched after the token
 * had arrived. Otherwise they are fetched again. Anybody can send tokens of unknown keys, so there are pauses between
 * such fetches. In a pause, a token that was issued long before the last fetch is refused. Any other one may be good: it
 * waits for the end of the pause if that is near, and is answered with 503 if it is not.
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
    return distrusted.isEmpty ? [] : distrusted.among(this.#atHand())
  }

  hasListed(): boolean {
    return this.#atHand().length > 0
  }

  get #set(): KeySet | undefined {
    const { clock, refresh } = this.#services
    return refresh.lifeCycle.held(clock.monotonic())?.set
  }

  #atHand(): readonly VerifyingKey[] {
    const { algorithm, kid } = this.#query
    return this.#set?.find(algorithm, kid) ?? []
  }

  #untried(): readonly VerifyingKey[] {
    const keys = this.#query.choose(this.#services.distrusted.without(this.#atHand()))
    return this.#tried.size === 0 ? keys : keys.filter((key) => !this.#tried.has(key.thumbprint))
  }

  /** Waits for keys where there are none, and briefly for younger ones where they are too old. */
  #waitForKeys(): Promise<void> | undefined {
    const { clock, refresh } = this.#services
    const held = refresh.lifeCycle.held(clock.monotonic())
    if (held === undefined) return refresh.follow('keys')
    return held.state === 'fresh' ? undefined : refresh.followBriefly()
  }

  #find(): MaybePromise<Found> {
    const keys = this.#untried()
    if (keys.length > 0) return keys
    if (this.#set === undefined) return this.#unavailable()
    if (this.#isComplete() || this.#query.isRuledOut()) return keys
    const refreshed = this.#services.refresh.follow('signing_key', this.#trigger)
    if (refreshed !== undefined && !this.#isLate()) return this.#join(refreshed)
    return this.#wasIssuedLongBefore() ? keys : this.#waitForPermission()
  }

  #join(refreshed: Promise<void>): MaybePromise<Found> {
    const leave = this.#services.waitingRoom.enterRunning()
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
    const leave = isNear ? waitingRoom.enterPause(this.#query.kid) : undefined
    return leave === undefined
      ? this.#pending()
      : this.#findAfter(refresh.nextAttemptEnded().finally(leave))
  }

  /** Returns whether the held set has all keys that there were when the token arrived, or it is clear that none will do. */
  #isComplete(): boolean {
    const { algorithm, kid } = this.#query
    const { lifeCycle } = this.#services.refresh
    return lifeCycle.isCompleteSince(this.#arrival) || this.#set?.excludes(algorithm, kid) === true
  }

  /** Returns whether the token was issued so long before the keys were fetched that they have its key, by what it says. */
  #wasIssuedLongBefore(): boolean {
    const { clock, refresh } = this.#services
    const { issuedAt } = this.#query
    // By the wall clock of this moment, which may have been set in the meantime.
    const completeAt = clock.now() - (clock.monotonic() - refresh.lifeCycle.completeAt)
    return issuedAt !== undefined && completeAt >= (issuedAt + KEY_TIMES.issuedEarlier) * 1000
  }

  /** Returns whether the token has waited for so long that it waits for no further refresh. */
  #isLate(): boolean {
    const waited = this.#services.clock.monotonic() - this.#arrival.at
    return waited > KEY_TIMES.longestWait * 1000
  }

  get #trigger(): DemandTrigger {
    // Without a `kid` there is no telling a new key from another one.
    return this.#tried.size > 0 && this.#query.kid !== undefined ? 'changed_key' : 'unknown_key'
  }

  #pending(): Rejection {
    const { clock, refresh } = this.#services
    const left = Math.max(0, refresh.lifeCycle.permittedAt - clock.monotonic()) / 1000
    return this.#reject('keys_refresh_pending', `${this.#missing}, and may be new`, left)
  }

  #unavailable(): Rejection {
    const { clock, closed, refresh } = this.#services
    const why = closed.aborted
      ? 'a closed resource server, which fetches no keys'
      : `they could not be fetched (${refresh.lastFailure ?? 'no answer yet'})`
    const retryAfter = refresh.lifeCycle.retryAfter(clock.monotonic())
    return this.#reject('keys_unavailable', `${this.#missing}, and ${why}`, retryAfter)
  }

  get #missing(): string {
    if (this.#set === undefined) return 'none'
    const isTried = this.#tried.size > 0 || this.#atHand().length === 0
    return isTried ? 'a key that is not among them' : 'keys of another issuer, or too many to try'
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
