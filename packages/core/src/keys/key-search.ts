import type { Clock } from '../lib/clock.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { Publish } from '../lib/publisher.ts'
import { Rejection } from '../response/rejection.ts'
import type { DistrustedKeys } from './distrusted-keys.ts'
import type { KeysEvent } from './key-events.ts'
import type { KeyRefresh } from './key-refresh.ts'
import type { KeySet, VerifyingKey } from './key-set.ts'
import type { KeySearch, SoughtKey } from './key-source.ts'
import { type Arrival, KEY_TIMES } from './life-cycle.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** What the searches of one issuer share. */
export interface SearchServices {
  readonly issuer: string
  readonly clock: Clock
  readonly closed: AbortSignal
  readonly publish: Publish<KeysEvent>
  readonly refresh: KeyRefresh
  readonly distrusted: DistrustedKeys
  readonly waitingRoom: WaitingRoom
}

type Found = readonly VerifyingKey[] | Rejection

/**
 * The search for the key that has signed one token, among keys that an issuer publishes. Keys at hand are found at once.
 *
 * That the issuer has no key for the token is said only where it is certain: where the keys were fetched after the token
 * had arrived. Otherwise they are fetched again. Strangers could make us fetch all the time, so there are pauses between
 * such fetches. In a pause, a token that was issued long before the last fetch is refused. Any other one may be good: it
 * waits for the end of the pause if that is near, and is answered with 503 if it is not.
 */
export class PublishedKeySearch implements KeySearch {
  readonly #services: SearchServices
  readonly #sought: SoughtKey
  readonly #arrival: Arrival
  readonly #tried = new Set<string>()
  #hasLooked = false

  constructor(services: SearchServices, sought: SoughtKey) {
    this.#services = services
    this.#sought = sought
    this.#arrival = services.refresh.lifeCycle.arrive(services.clock.monotonic())
  }

  next(): MaybePromise<Found> {
    const waiting = this.#hasLooked ? undefined : this.#waitForKeys()
    this.#hasLooked = true
    const found = waiting === undefined ? this.#seek() : this.#seekAfter(waiting)
    return andThen(found, (keys) => {
      if (!(keys instanceof Rejection)) for (const key of keys) this.#tried.add(key.thumbprint)
      return keys
    })
  }

  distrusted(): readonly VerifyingKey[] {
    return this.#services.distrusted.among(this.#atHand())
  }

  hasListed(): boolean {
    return this.#atHand().length > 0
  }

  get #set(): KeySet | undefined {
    const { clock, refresh } = this.#services
    return refresh.lifeCycle.held(clock.monotonic())?.set
  }

  #atHand(): readonly VerifyingKey[] {
    const { algorithm, kid } = this.#sought
    return this.#set?.find(algorithm, kid) ?? []
  }

  #untried(): readonly VerifyingKey[] {
    const keys = this.#sought.choose(this.#services.distrusted.without(this.#atHand()))
    return this.#tried.size === 0 ? keys : keys.filter((key) => !this.#tried.has(key.thumbprint))
  }

  /** Waits for keys where there are none, and briefly for younger ones where they are too old. */
  #waitForKeys(): Promise<void> | undefined {
    const { clock, refresh } = this.#services
    const held = refresh.lifeCycle.held(clock.monotonic())
    if (held === undefined) return refresh.follow('keys')
    return held.state === 'fresh' ? undefined : refresh.followBriefly()
  }

  #seek(): MaybePromise<Found> {
    const keys = this.#untried()
    if (keys.length > 0) return keys
    if (this.#set === undefined) return this.#unavailable()
    if (this.#isComplete() || this.#sought.isRuledOut()) return keys
    const refreshed = this.#services.refresh.follow('signing_key', () => this.#publishTrigger())
    if (refreshed !== undefined && !this.#isLate()) return this.#join(refreshed)
    return this.#isOlderThanKeys() ? keys : this.#waitForPermission()
  }

  #join(refreshed: Promise<void>): MaybePromise<Found> {
    const leave = this.#services.waitingRoom.join()
    return leave === undefined ? this.#pending() : this.#seekAfter(refreshed.finally(leave))
  }

  async #seekAfter(refreshed: Promise<void>): Promise<Found> {
    await refreshed
    const { lifeCycle } = this.#services.refresh
    const hasFailed = lifeCycle.failures > 0 && this.#untried().length === 0 && !this.#isComplete()
    if (!hasFailed) return this.#seek()
    return this.#set !== undefined && this.#isOlderThanKeys() ? [] : this.#unavailable()
  }

  #waitForPermission(): MaybePromise<Found> {
    const { closed, refresh, waitingRoom } = this.#services
    if (refresh.lifeCycle.failures > 0 || closed.aborted) return this.#unavailable()
    const latest = this.#arrival.at + KEY_TIMES.waitForPermission * 1000
    const isNear = !this.#isLate() && refresh.lifeCycle.permittedAt <= latest
    const leave = isNear ? waitingRoom.enter(this.#sought.kid) : undefined
    return leave === undefined ? this.#pending() : this.#seekAfter(refresh.end().finally(leave))
  }

  /** Whether the held set has all keys that there were when the token arrived, or it is clear that none will do. */
  #isComplete(): boolean {
    const { algorithm, kid } = this.#sought
    const { lifeCycle } = this.#services.refresh
    return lifeCycle.isCompleteSince(this.#arrival) || this.#set?.excludes(algorithm, kid) === true
  }

  /** Whether the token was issued before the keys were fetched, by what it says. */
  #isOlderThanKeys(): boolean {
    const { clock, refresh } = this.#services
    const { publishedBy } = this.#sought
    // By the wall clock of this moment, which may have been set in the meantime.
    const completeAt = clock.now() - (clock.monotonic() - refresh.lifeCycle.completeAt)
    return publishedBy !== undefined && completeAt >= (publishedBy + KEY_TIMES.issuedEarlier) * 1000
  }

  /** Whether the token has waited for so long that it waits for no further refresh. */
  #isLate(): boolean {
    const waited = this.#services.clock.monotonic() - this.#arrival.at
    return waited > KEY_TIMES.waitForPermission * 1000
  }

  #publishTrigger(): void {
    const { issuer, publish } = this.#services
    // Without a `kid` there is no telling a new key from another one.
    const isChanged = this.#tried.size > 0 && this.#sought.kid !== undefined
    const trigger = isChanged ? 'changed_key' : 'unknown_key'
    publish(() => ({ type: 'keys_refresh_triggered', issuer, trigger }))
  }

  #pending(): Rejection {
    const { clock, refresh } = this.#services
    const left = (refresh.lifeCycle.permittedAt - clock.monotonic()) / 1000
    return this.#reject('keys_refresh_pending', 'a key that they do not have, and may be new', left)
  }

  #unavailable(): Rejection {
    const { clock, closed, refresh } = this.#services
    const missing = this.#set === undefined ? 'none' : 'a key that they do not have'
    const why = closed.aborted
      ? 'a closed resource server, which fetches no keys'
      : 'they could not be fetched'
    const retryAfter = refresh.lifeCycle.retryAfter(clock.monotonic())
    return this.#reject('keys_unavailable', `${missing}, and ${why}`, retryAfter)
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
