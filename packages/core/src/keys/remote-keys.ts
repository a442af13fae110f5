import type { Clock } from '../clock.ts'
import { KeysUnavailableError } from '../errors.ts'
import { Rejection } from '../outcome/rejection.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** How long keys are used and how often they are asked for, in milliseconds. */
export const KEY_TIMES = {
  /** A set older than this is fetched again, in the background. */
  fresh: 600_000,
  /** A set that cannot be fetched again still serves up to this age. */
  hardLimit: 86_400_000,
  /** A `kid` that is not in the set leads to at most one fetch in this time. */
  unknownKid: 5_000,
  /** After a failed fetch nothing is fetched for this time. */
  backOff: 1_000,
} as const

/** What a key source reports as it happens. */
export interface KeyReports {
  refreshed(set: KeySet): void
  failed(error: unknown): void
}

/**
 * Keys that an issuer publishes. Known keys answer at once and are fetched again in the background when
 * they are no longer fresh; a request waits only where there is no usable set yet, or where its `kid` is
 * not in the set and a fetch is due. Requests that wait share one fetch.
 */
export function remoteKeys(
  issuer: string,
  fetchKeySet: () => Promise<KeySet>,
  clock: Clock,
  reports: KeyReports,
): KeySource {
  let loaded: { readonly set: KeySet; readonly at: number; readonly since: number } | undefined
  let lastAttempt: { readonly at: number; readonly error?: unknown } | undefined
  let inFlight: Promise<void> | undefined

  const elapsed = (since: number) => clock.monotonic() - since
  const failing = () => lastAttempt !== undefined && 'error' in lastAttempt
  const mayFetch = (interval: number) =>
    lastAttempt === undefined || elapsed(lastAttempt.at) >= interval
  const current = () =>
    loaded && elapsed(loaded.at) < KEY_TIMES.hardLimit ? loaded.set : undefined

  function refresh(): Promise<void> {
    inFlight ??= fetchKeySet()
      .then(
        (set) => {
          loaded = { set, at: clock.monotonic(), since: clock.now() }
          lastAttempt = { at: loaded.at }
          reports.refreshed(set)
        },
        (error: unknown) => {
          lastAttempt = { at: clock.monotonic(), error }
          reports.failed(error)
        },
      )
      .finally(() => (inFlight = undefined))
    return inFlight
  }

  function unavailable(found: string): Rejection {
    return new Rejection(
      'keys_unavailable',
      { check: 'keys', expected: `the keys of ${issuer}`, found },
      KEY_TIMES.backOff / 1000,
    )
  }

  return {
    verifiers(algorithm, kid) {
      const lookUp = () =>
        current()?.verifiers(algorithm, kid) ?? unavailable('none could be fetched')
      const orFailing = (found: ReturnType<typeof lookUp>) =>
        !(found instanceof Rejection) && found.length === 0 && failing()
          ? unavailable('an unknown key, and the last fetch failed')
          : found

      if (current() === undefined) {
        if (inFlight || mayFetch(KEY_TIMES.backOff)) return refresh().then(lookUp).then(orFailing)
        return lookUp()
      }
      const found = lookUp()
      if (found instanceof Rejection || found.length > 0) {
        if (elapsed(loaded!.at) >= KEY_TIMES.fresh && mayFetch(KEY_TIMES.backOff)) void refresh()
        return found
      }
      if (inFlight || mayFetch(KEY_TIMES.unknownKid)) return refresh().then(lookUp).then(orFailing)
      return orFailing(found)
    },

    async ready() {
      if (current() === undefined) await refresh()
      if (current() === undefined) throw new KeysUnavailableError(issuer, lastAttempt?.error)
    },

    status() {
      if (current() === undefined) return { state: 'unavailable' }
      return { state: failing() ? 'stale' : 'fresh', since: loaded!.since }
    },
  }
}
