import { KeysUnavailableError } from '../errors.ts'
import { andThen } from '../lib/maybe-promise.ts'
import { getLostAfter } from '../lib/shared-work.ts'
import { KEY_TIMES } from './life-cycle.ts'
import { DistrustedKeys } from './distrusted-keys.ts'
import { KeyRefresh, type KeyRefreshOptions } from './key-refresh.ts'
import { PublishedKeySearch } from './key-search.ts'
import type { KeySource, KeyStatus } from './key-source.ts'
import { WaitingRoom } from './waiting-room.ts'

/** Creates a key source for the keys that an issuer publishes. If a fetch is due, fresh cached keys are used while it runs. */
export function remoteKeys(options: KeyRefreshOptions): KeySource {
  const { issuer, clock, closed, timeout } = options
  const refresh = new KeyRefresh(options)
  const { lifeCycle } = refresh
  const distrusted = new DistrustedKeys()
  const waitingRoom = new WaitingRoom(
    () => clock.monotonic(),
    getLostAfter(timeout + KEY_TIMES.longestWait * 1000),
  )
  const services = { issuer, clock, closed, refresh, distrusted, waitingRoom }

  const getSet = () => lifeCycle.held(clock.monotonic())?.set

  return {
    cached(algorithm, kid) {
      const held = distrusted.isEmpty ? lifeCycle.held(clock.monotonic()) : undefined
      if (held?.state !== 'fresh') return undefined
      refresh.startIfDue()
      return held.set.find(algorithm, kid)
    },

    search: (query) => new PublishedKeySearch(services, query),

    listed(algorithm, kid) {
      const state = lifeCycle.held(clock.monotonic())?.state
      if (state === 'fresh') refresh.startIfDue()
      return andThen(state === 'stale' ? refresh.startOrJoinBriefly() : undefined, () =>
        distrusted.without(getSet()?.find(algorithm, kid) ?? []),
      )
    },

    explain: (algorithm, kid) => getSet()?.explain(algorithm, kid),

    hasDistrusted: () => !distrusted.isEmpty,

    distrustKey: (thumbprint) => distrusted.add(thumbprint),

    async ready() {
      if (getSet() !== undefined) return
      await refresh.waitForAttempt()
      if (getSet() !== undefined) return
      const cause = refresh.lastError ?? new Error('the resource server was closed')
      throw new KeysUnavailableError(issuer, cause)
    },

    status(): KeyStatus {
      const now = clock.monotonic()
      const held = lifeCycle.held(now)
      if (held === undefined) {
        // A readiness probe may be the first caller: without this fetch, the keys would never become available.
        void refresh.startOrJoin('keys')
        return { state: 'unavailable' }
      }
      const since = held.state === 'fresh' ? lifeCycle.loadedAt : lifeCycle.staleAt
      return { state: held.state, since: Math.round((clock.now() - (now - since)) / 1000) }
    },
  }
}
