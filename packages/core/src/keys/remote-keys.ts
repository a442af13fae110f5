import { KeysUnavailableError } from '../errors.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { Rejection } from '../response/rejection.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import { DistrustedKeys } from './distrusted-keys.ts'
import { KeyRefresh, type KeyRefreshOptions } from './key-refresh.ts'
import type { VerifyingKey } from './key-set.ts'
import type { KeySearch, KeySource, KeyStatus, SoughtKey } from './key-source.ts'
import { KEY_TIMES } from './life-cycle.ts'
import { WaitingRoom } from './waiting-room.ts'

/**
 * Keys that an issuer publishes. Known keys answer at once, whatever happens behind them.
 *
 * That the issuer has no key for a token is said only where it can be known: where the keys were fetched after the token
 * had arrived, or after it was issued. Otherwise they are fetched again. Strangers could make us fetch all the time, so
 * there are pauses between such fetches. A token that comes in a pause waits for its end if that is near, and is
 * answered with 503 if it is not: the token may be good.
 */
export function remoteKeys(options: KeyRefreshOptions): KeySource {
  const { issuer, clock, closed, publish } = options
  const refresh = new KeyRefresh(options)
  const { lifeCycle } = refresh
  const distrusted = new DistrustedKeys()
  const waitingRoom = new WaitingRoom()

  const getSet = () => lifeCycle.held(clock.monotonic())?.set

  function atHand(algorithm: Algorithm, kid: string | undefined): readonly VerifyingKey[] {
    return getSet()?.find(algorithm, kid) ?? []
  }

  /** Waits for keys where there are none, and briefly for younger ones where they are too old. */
  function waitForKeys(): MaybePromise<void> {
    const held = lifeCycle.held(clock.monotonic())
    if (held === undefined) return refresh.follow('keys')
    return held.state === 'fresh' ? undefined : refresh.followBriefly()
  }

  function unavailable(): Rejection {
    const missing = getSet() === undefined ? 'none' : 'a key that they do not have'
    const found = closed.aborted
      ? `${missing}, and a closed resource server, which fetches no keys`
      : `${missing}, and they could not be fetched`
    return reject('keys_unavailable', found, lifeCycle.retryAfter(clock.monotonic()))
  }

  function reject(
    reason: 'keys_unavailable' | 'keys_refresh_pending',
    found: string,
    retryAfter: number,
  ): Rejection {
    const explanation = { check: 'keys', expected: `the keys of ${issuer}`, found }
    return new Rejection(reason, explanation, { retryAfter })
  }

  function search(sought: SoughtKey): KeySearch {
    const { algorithm, kid, publishedBy } = sought
    const arrival = lifeCycle.arrive(clock.monotonic())
    const tried = new Set<string>()
    let hasLooked = false

    function untried(): readonly VerifyingKey[] {
      const keys = distrusted.without(atHand(algorithm, kid))
      return tried.size === 0 ? keys : keys.filter(({ thumbprint }) => !tried.has(thumbprint))
    }

    /** Whether it is certain that the issuer has no other key for the token. */
    function isCertain(): boolean {
      if (lifeCycle.isCompleteSince(arrival) || getSet()?.excludes(algorithm, kid)) return true
      // By the wall clock of this moment, which may have been set in the meantime.
      const completeAt = clock.now() - (clock.monotonic() - lifeCycle.completeAt)
      return publishedBy !== undefined && completeAt >= publishedBy * 1000
    }

    function onStart(): void {
      // Without a `kid` there is no telling a new key from another one.
      const trigger = tried.size > 0 && kid !== undefined ? 'changed_key' : 'unknown_key'
      publish(() => ({ type: 'keys_refresh_triggered', issuer, trigger }))
    }

    function seek(): MaybePromise<readonly VerifyingKey[] | Rejection> {
      const keys = untried()
      if (keys.length > 0) return keys
      if (getSet() === undefined) return unavailable()
      if (isCertain() || sought.isRuledOut()) return keys
      if (closed.aborted) return unavailable()
      const begun = clock.monotonic() - arrival.at
      if (begun > KEY_TIMES.waitForPermission * 1000) return pending()
      const refreshed = refresh.follow('signing_key', onStart)
      return refreshed instanceof Promise ? refreshed.then(afterRefresh) : waitForPermission()
    }

    function afterRefresh(): MaybePromise<readonly VerifyingKey[] | Rejection> {
      const isFailing = lifeCycle.failures > 0 && untried().length === 0 && !isCertain()
      return isFailing ? unavailable() : seek()
    }

    function waitForPermission(): MaybePromise<readonly VerifyingKey[] | Rejection> {
      if (lifeCycle.failures > 0) return unavailable()
      const isNear = lifeCycle.permittedAt <= arrival.at + KEY_TIMES.waitForPermission * 1000
      const leave = isNear ? waitingRoom.enter(kid) : undefined
      if (leave === undefined) return pending()
      return refresh.end().finally(leave).then(afterRefresh)
    }

    function pending(): Rejection {
      const left = (lifeCycle.permittedAt - clock.monotonic()) / 1000
      return reject('keys_refresh_pending', 'a key that they do not have, and may be new', left)
    }

    return {
      next() {
        const waiting = hasLooked ? undefined : waitForKeys()
        hasLooked = true
        return andThen(waiting instanceof Promise ? waiting.then(afterRefresh) : seek(), (keys) => {
          if (!(keys instanceof Rejection)) for (const key of keys) tried.add(key.thumbprint)
          return keys
        })
      },
      distrusted: () => distrusted.among(atHand(algorithm, kid)),
    }
  }

  return {
    search,

    listed(algorithm, kid) {
      const isOld = lifeCycle.held(clock.monotonic())?.state === 'stale'
      return andThen(isOld ? refresh.followBriefly() : undefined, () =>
        distrusted.without(atHand(algorithm, kid)),
      )
    },

    explain: (algorithm, kid) => getSet()?.explain(algorithm, kid),

    distrustKey: (thumbprint) => distrusted.add(thumbprint),

    async ready() {
      if (getSet() !== undefined) return
      await refresh.first()
      if (getSet() !== undefined) return
      const cause = refresh.lastError ?? new Error('the resource server was closed')
      throw new KeysUnavailableError(issuer, cause)
    },

    status(): KeyStatus {
      const now = clock.monotonic()
      const held = lifeCycle.held(now)
      if (held === undefined) {
        // A probe that waits for keys before any request comes would wait for ever.
        void refresh.follow('keys')
        return { state: 'unavailable' }
      }
      const since = held.state === 'fresh' ? lifeCycle.loadedAt : lifeCycle.staleAt
      return { state: held.state, since: Math.round((clock.now() - (now - since)) / 1000) }
    },
  }
}
