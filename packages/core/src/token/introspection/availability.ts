import { keepInBackground } from '#async-context'
import { LONGEST_RETRY_AFTER } from '../../authorization-server/retry-after.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import {
  type BreakerThresholds,
  CircuitBreaker,
  type Permission,
} from '../../lib/circuit-breaker.ts'
import type { FailedCall } from './introspection-failure.ts'
import type { Probe, ProbeResult } from './probe.ts'

/** Thresholds of the circuit breaker of an introspection endpoint. */
export const BREAKER: BreakerThresholds = {
  failures: 5,
  pause: { first: 1, last: 30 },
  longestRetryAfter: LONGEST_RETRY_AFTER.introspection,
}

/**
 * Availability of an issuer's introspection endpoint: decides which failures its circuit breaker counts.
 *
 * A known token was verified or active earlier. An attacker can send any number of unknown tokens. So if either an outage or the
 * unknown token may have caused a failure, a probe is sent. The breaker then counts a failure of the probe instead. After a pause,
 * a probe also decides whether unknown tokens are introspected again. Calls for known tokens are permitted while the breaker is
 * open.
 *
 * Callers must report the result of a permitted call with `succeeded`, `failed` or `inconclusive`.
 */
export class Availability {
  readonly #breaker: CircuitBreaker
  readonly #probe: Probe | undefined
  readonly #now: () => number
  /** The end of the throttling that the server requested. A response about a known token does not end the throttling earlier. */
  #throttledUntil = -Infinity

  /**
   * Creates the availability. If `probe` is `undefined`, failures that an unknown token may have caused are ignored. `now`
   * returns monotonic milliseconds. For `lostAfter`, see `getLostAfter`.
   */
  constructor(probe: Probe | undefined, now: () => number, lostAfter = Infinity) {
    this.#breaker = new CircuitBreaker(BREAKER, lostAfter)
    this.#probe = probe
    this.#now = now
  }

  /** Requests permission for a call. `undefined`: the call is not permitted. */
  acquire(isKnown: boolean): MaybePromise<Permission | undefined> {
    const now = this.#now()
    if (!isKnown && now < this.#throttledUntil) return undefined
    const permission = this.#breaker.acquire(now, isKnown)
    if (permission !== 'trial' || isKnown) return permission
    const result = this.#probe?.run(this.#breaker.openedAt)
    if (result === undefined) return permission
    return andThen(result, (known) => {
      this.#judge('trial', known)
      return this.#breaker.acquire(this.#now(), false)
    })
  }

  /** Reports a valid response. */
  succeeded(permission: Permission): void {
    this.#breaker.succeeded(permission)
    this.#probe?.resume()
  }

  /** Reports a result that contains no information about calls for other tokens. */
  inconclusive(permission: Permission): void {
    this.#breaker.inconclusive(permission)
  }

  /** Reports a failed call. */
  failed(permission: Permission, failure: FailedCall, isKnown: boolean): void {
    if (failure.dueTo === 'token') return this.inconclusive(permission)
    if (failure.dueTo === 'either' && !isKnown) {
      const judge = (result: ProbeResult) => this.#judge(permission, result)
      const judged = andThen(this.#probe?.run(), judge)
      if (judged instanceof Promise) keepInBackground(judged)
      return
    }
    this.#applyPauses(failure)
    this.#breaker.failed(permission, this.#now(), failure.retryAfter)
  }

  /** Remaining seconds for which unknown tokens are not introspected. */
  get pause(): number {
    const now = this.#now()
    return Math.max(this.#breaker.pause(now), (this.#throttledUntil - now) / 1000)
  }

  /** Reports the result of the probe to the breaker. The failed call is not counted, because its token may be the cause. */
  #judge(permission: Permission, result: ProbeResult): void {
    if (result === undefined) this.inconclusive(permission)
    else if (result !== 'answered') {
      this.#applyPauses(result)
      this.#breaker.failed(permission, this.#now(), result.retryAfter)
    } else if (permission === 'trial') this.#breaker.succeeded(permission)
    // A successful probe does not reset the count of failed calls for known tokens.
    else this.inconclusive(permission)
  }

  /**
   * Pauses probes after refused credentials or throttling. After throttling, unknown tokens are not introspected until the time of
   * `Retry-After` has passed.
   */
  #applyPauses({ failure, retryAfter }: FailedCall): void {
    if (failure !== 'credentials_refused' && failure !== 'throttled') return
    this.#probe?.pause()
    if (failure !== 'throttled') return
    const seconds = Math.min(LONGEST_RETRY_AFTER.introspection, retryAfter)
    this.#throttledUntil = Math.max(this.#throttledUntil, this.#now() + seconds * 1000)
  }
}
