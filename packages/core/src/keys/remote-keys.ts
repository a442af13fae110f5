import { runDetached } from '#async-context'
import { describeFailure } from '../authorization-server/describe-failure.ts'
import { readRetryAfter } from '../authorization-server/retry-after.ts'
import type { Clock } from '../lib/clock.ts'
import { KeysUnavailableError, toMessage } from '../errors.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { addNew } from '../lib/objects.ts'
import type { Publish } from '../lib/publisher.ts'
import type { KeyAges } from '../model/settings.ts'
import { Rejection } from '../response/rejection.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { KeySet, VerifyingKey } from './key-set.ts'
import type { KeySource, KeyStatus } from './key-source.ts'
import type { KeysEvent } from './key-events.ts'
import { KEY_TIMES, KeyLifeCycle, type Need } from './life-cycle.ts'

export interface RemoteKeysOptions {
  readonly issuer: string
  /** Brings the set that the issuer publishes now. Always settles. */
  readonly fetchKeySet: () => Promise<{ set: KeySet; maxAge: number | undefined }>
  readonly ages: KeyAges
  readonly clock: Clock
  readonly closed: AbortSignal
  readonly publish: Publish<KeysEvent>
  /** From 0 to 1: spreads the attempts of many processes. */
  readonly random?: () => number
}

/**
 * Keys that an issuer publishes. `KeyLifeCycle` decides; this carries out what it decides, with timers and
 * attempts. Known keys answer at once, whatever happens behind them.
 */
export function remoteKeys(options: RemoteKeysOptions): KeySource {
  const { issuer, fetchKeySet, ages, clock, closed, publish, random = Math.random } = options
  const lifeCycle = new KeyLifeCycle(ages, random)
  const distrusted = new Set<string>()
  const running = new Map<number, Promise<void>>()
  let lastError: unknown
  let cancelAttempt = () => {}
  let cancelStale = () => {}
  closed.addEventListener('abort', () => {
    cancelAttempt()
    cancelStale()
  })

  function attempt(): void {
    if (closed.aborted) return
    cancelAttempt()
    const number = lifeCycle.begin(clock.monotonic())
    const done = runDetached(() =>
      fetchKeySet()
        .then(
          ({ set, maxAge }) => succeeded(number, set, maxAge),
          (error: unknown) => failed(number, error),
        )
        .finally(() => running.delete(number)),
    )
    running.set(number, done)
  }

  function succeeded(number: number, set: KeySet, maxAge: number | undefined): void {
    const { failures } = lifeCycle
    if (lifeCycle.succeed(number, set, maxAge, clock.monotonic())) {
      for (const older of running.keys()) if (older < number) running.delete(older)
      const { size: keys, ignored } = set
      publish(() => ({ type: 'keys_refreshed', issuer, keys, ignored }))
      if (failures > 0) publish(() => ({ type: 'keys_recovered', issuer, failures }))
      cancelStale()
      cancelStale = at(lifeCycle.staleAt, () => publish(() => ({ type: 'keys_stale', issuer })))
    }
    schedule()
  }

  function failed(number: number, error: unknown): void {
    const retryAfter = readRetryAfter(error, clock.now())
    if (!lifeCycle.fail(number, clock.monotonic(), retryAfter)) return
    lastError = error
    const { failures } = lifeCycle
    publish(() => ({ type: 'keys_failed', issuer, ...describeKeysFailure(error), failures }))
    schedule()
  }

  function schedule(): void {
    cancelAttempt()
    cancelAttempt = at(lifeCycle.dueAt, attempt)
  }

  function at(time: number, callback: () => void): () => void {
    if (closed.aborted || time === Infinity) return () => {}
    return clock.after(Math.max(0, time - clock.monotonic()), callback)
  }

  /** Does what the plan for a need says. A promise where there is something to wait for. */
  function follow(need: Need): MaybePromise<void> {
    if (closed.aborted) return undefined
    const { start, wait } = lifeCycle.plan(need, clock.monotonic())
    if (start) {
      if (need === 'unknown_key' || need === 'changed_key')
        publish(() => ({ type: 'keys_refresh_triggered', issuer, trigger: need }))
      attempt()
    }
    return wait ? [...running.values()].at(-1) : undefined
  }

  /**
   * Does what the plan for younger keys says. Old keys serve where those do not come soon. Returns whether the attempt is
   * over.
   */
  function followBriefly(): MaybePromise<boolean> {
    const refreshed = follow('fresh_keys')
    if (!(refreshed instanceof Promise)) return false
    const left = lifeCycle.startedAt + KEY_TIMES.waitForFresh * 1000 - clock.monotonic()
    if (left <= 0) return false
    let cancel = () => {}
    const enough = new Promise<boolean>((resolve) => {
      cancel = clock.after(left, () => resolve(false))
    })
    return Promise.race([refreshed.then(() => true), enough]).finally(cancel)
  }

  const isTrusted = (key: VerifyingKey) => !distrusted.has(key.thumbprint)

  const trusted = (keys: readonly VerifyingKey[]) =>
    distrusted.size === 0 ? keys : keys.filter(isTrusted)

  function atHand(algorithm: Algorithm, kid: string | undefined): readonly VerifyingKey[] {
    return lifeCycle.held(clock.monotonic())?.set.find(algorithm, kid) ?? []
  }

  /** Whether a key is listed is asked before whether it is trusted: a distrusted one is not sought. */
  function findListed(set: KeySet, algorithm: Algorithm, kid: string | undefined) {
    const keys = set.find(algorithm, kid)
    // A key that is there and does not fit is no new key.
    if (keys.length === 0 && set.explain(algorithm, kid) !== undefined) return keys
    if (keys.length === 0) return andThen(follow('unknown_key'), () => verdict(algorithm, kid))
    return trusted(keys)
  }

  function unavailable(found: string): Rejection {
    const explanation = {
      check: 'keys',
      expected: `the keys of ${issuer}`,
      found: closed.aborted ? 'a closed resource server, which fetches no keys' : found,
    }
    return new Rejection('keys_unavailable', explanation, {
      retryAfter: lifeCycle.retryAfter(clock.monotonic()),
    })
  }

  /** A key that is not listed may be new: where that cannot be known, the fault is not the caller's. */
  function verdict(
    algorithm: Algorithm,
    kid: string | undefined,
  ): readonly VerifyingKey[] | Rejection {
    if (lifeCycle.held(clock.monotonic()) === undefined) return unavailable('none could be fetched')
    const keys = atHand(algorithm, kid)
    if (keys.length === 0 && (lifeCycle.failures > 0 || closed.aborted)) {
      return unavailable('a key that is not listed, and they could not be fetched again')
    }
    return trusted(keys)
  }

  return {
    find(algorithm, kid) {
      const held = lifeCycle.held(clock.monotonic())
      if (held === undefined) return andThen(follow('keys'), () => verdict(algorithm, kid))
      if (held.state === 'fresh') return findListed(held.set, algorithm, kid)
      return andThen(followBriefly(), (isOver) => {
        const now = lifeCycle.held(clock.monotonic())
        // Who has waited for the keys of this moment need not look for younger ones.
        if (isOver || now === undefined) return verdict(algorithm, kid)
        return findListed(now.set, algorithm, kid)
      })
    },

    listed(algorithm, kid) {
      const isOld = lifeCycle.held(clock.monotonic())?.state === 'stale'
      return andThen(isOld ? followBriefly() : undefined, () => trusted(atHand(algorithm, kid)))
    },

    explain: (algorithm, kid) => lifeCycle.held(clock.monotonic())?.set.explain(algorithm, kid),

    findChanged(algorithm, kid, tried) {
      const known = new Set(tried.map((key) => key.thumbprint))
      // Without a `kid` there is no telling a new key from another one, nor a rotation from a forgery.
      return andThen(follow(kid === undefined ? 'unknown_key' : 'changed_key'), () => {
        const others = atHand(algorithm, kid).filter(
          (key) => isTrusted(key) && !known.has(key.thumbprint),
        )
        return kid === undefined && others.length === 0 && lifeCycle.failures > 0
          ? unavailable('no key that fits, and the last attempt to fetch them failed')
          : others
      })
    },

    distrustKey: (thumbprint) => addNew(distrusted, thumbprint),

    async ready() {
      if (lifeCycle.held(clock.monotonic()) !== undefined) return
      if (running.size === 0 && lifeCycle.mayAsk(clock.monotonic())) attempt()
      await [...running.values()].at(-1)
      if (lifeCycle.held(clock.monotonic()) !== undefined) return
      throw new KeysUnavailableError(
        issuer,
        lastError ?? new Error('the resource server was closed'),
      )
    },

    status(): KeyStatus {
      const now = clock.monotonic()
      const held = lifeCycle.held(now)
      if (held === undefined) {
        // A probe that waits for keys before any request comes would wait for ever.
        void follow('keys')
        return { state: 'unavailable' }
      }
      const since = held.state === 'fresh' ? lifeCycle.loadedAt : lifeCycle.staleAt
      return { state: held.state, since: Math.round((clock.now() - (now - since)) / 1000) }
    },
  }
}

function describeKeysFailure(error: unknown) {
  return (
    describeFailure<'jwks_uri'>(error) ??
    ({ failure: 'unusable_key_set', detail: toMessage(error) } as const)
  )
}
