import { describeThrown } from '../../authorization-server/network-cause.ts'
import {
  CircuitBreaker,
  type BreakerThresholds,
  type Permission,
} from '../../lib/circuit-breaker.ts'
import type { Clock } from '../../lib/clock.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import type { Publish } from '../../lib/publisher.ts'
import { getLostAfter } from '../../lib/shared-work.ts'
import { callWithLimit } from '../../lib/call-with-limit.ts'
import { LIMITS } from '../../limits.ts'
import { isRecord } from '../../lib/objects.ts'
import { toPrintable } from '../../lib/quote.ts'
import { describeType } from '../../response/rejection.ts'
import type {
  ProofUse,
  ReplayStore,
  ReplayStoreConfiguration,
  ReplayStoreError,
  ReplayStoreProblem,
} from '../replay-store.ts'
import type { ControlRecoveredEvent, ControlStatus } from '../control-events.ts'

/** Thresholds of the circuit breaker of a replay store. Its pauses are short, because every request needs the store. */
export const REPLAY_BREAKER: BreakerThresholds = {
  failures: 5,
  pause: { first: 1, last: 5 },
  longestRetryAfter: 0,
}

/** The result if the store was not called, or does not know whether a proof was used. */
export interface UnknownUse {
  readonly problem: ReplayStoreProblem | 'paused'
  /** A description for logs. */
  readonly detail: string
  /** Seconds for `Retry-After`. During a pause: the seconds until the store is called again. */
  readonly retryAfter: number
}

/**
 * Asks a replay store whether a proof was used before. Limits the time of each call. After several failures, does not call the
 * store for a few seconds.
 */
export class ReplayCheck {
  readonly #store: ReplayStore
  readonly #clock: Clock
  readonly #publish: Publish<ControlRecoveredEvent>
  readonly #breaker: CircuitBreaker
  /** The time when the store began to fail, in milliseconds since the epoch. `undefined`: it works. */
  #degradedSince: number | undefined
  /** Description of the last failure. */
  #lastDetail = ''

  constructor(store: ReplayStore, clock: Clock, publish: Publish<ControlRecoveredEvent>) {
    this.#store = store
    this.#clock = clock
    this.#publish = publish
    const lostAfter = getLostAfter(LIMITS.replayStoreTime * 1000)
    this.#breaker = new CircuitBreaker(REPLAY_BREAKER, lostAfter)
  }

  /** Returns whether this is the first use of the proof. Never throws or rejects: returns an `UnknownUse` if the store fails. */
  firstUse(proof: ProofUse): MaybePromise<boolean | UnknownUse> {
    const permission = this.#breaker.acquire(this.#clock.monotonic(), false)
    if (permission === undefined) {
      const retryAfter = this.#breaker.pause(this.#clock.monotonic())
      const detail = `it has failed several times. The last failure: ${this.#lastDetail}`
      return { problem: 'paused', detail, retryAfter }
    }
    return andThen(this.#ask(proof), (answer) => {
      if (typeof answer === 'boolean') {
        this.#breaker.succeeded(permission)
        // A store that is full or has no replicas still recognizes used proofs. So `false` does not show that it has recovered.
        if (answer) this.#recover()
        return answer
      }
      this.#lastDetail = answer.detail
      if (answer.problem !== 'key_full') this.#degradedSince ??= this.#clock.now()
      this.#report(answer.problem, permission)
      return answer
    })
  }

  #report(problem: UnknownUse['problem'], permission: Permission): void {
    // The store has responded. It must still be called, because it recognizes used proofs.
    if (problem === 'unconfirmed') this.#breaker.succeeded(permission)
    // A client can cause these problems. The breaker must not open, because other clients need the store.
    else if (problem === 'full' || problem === 'key_full') this.#breaker.inconclusive(permission)
    else this.#breaker.failed(permission, this.#clock.monotonic(), 0)
  }

  get status(): ControlStatus {
    return {
      control: 'dpop_replay',
      state: this.#degradedSince === undefined ? 'working' : 'degraded',
      since: this.#degradedSince && this.#degradedSince / 1000,
      configuration: this.#readConfiguration(),
    }
  }

  #readConfiguration(): ReplayStoreConfiguration {
    try {
      const state: unknown = this.#store.configuration?.()
      return state === 'verified' || state === 'unsuitable' ? state : 'unverified'
    } catch {
      return 'unverified'
    }
  }

  async ready(): Promise<void> {
    await this.#store.ready?.()
  }

  #ask(proof: ProofUse): MaybePromise<boolean | UnknownUse> {
    const seconds = LIMITS.replayStoreTime
    return callWithLimit({
      call: () => this.#store.firstUse(proof),
      onResult: toUse,
      onError: toUnknown,
      onTimeout: () => unknown('timeout', `it did not respond within ${seconds} s`),
      milliseconds: seconds * 1000,
      clock: this.#clock,
    })
  }

  #recover(): void {
    const since = this.#degradedSince
    if (since === undefined) return
    this.#degradedSince = undefined
    const duration = Math.max(0, (this.#clock.now() - since) / 1000)
    this.#publish('control_recovered', () => ({ control: 'dpop_replay', duration }))
  }
}

/** Returns the answer of the store. Any value that is not a boolean is a failure. */
function toUse(answer: unknown): boolean | UnknownUse {
  if (typeof answer === 'boolean') return answer
  return unknown('failed', `firstUse returned ${describeType(answer)} instead of true or false`)
}

function toUnknown(error: unknown): UnknownUse {
  try {
    if (isStoreError(error)) return unknown(error.problem, toPrintable(error.detail))
  } catch {
    // A getter of the error has failed.
  }
  return unknown('failed', `firstUse threw ${describeThrown(error)} instead of a ReplayStoreError`)
}

/** Returns whether an error is a `ReplayStoreError`, even if another copy of this package has created it. */
function isStoreError(error: unknown): error is ReplayStoreError {
  if (!isRecord(error) || error['code'] !== 'bearward_replay_store') return false
  return typeof error['detail'] === 'string' && PROBLEMS.includes(error['problem'])
}

const PROBLEMS: readonly unknown[] = Object.keys({
  full: 0,
  key_full: 0,
  timeout: 0,
  unconfirmed: 0,
  unsuitable: 0,
  failed: 0,
  unreachable: 0,
} satisfies Record<ReplayStoreProblem, 0>)

function unknown(problem: ReplayStoreProblem, detail: string): UnknownUse {
  return { problem, detail, retryAfter: 1 }
}
