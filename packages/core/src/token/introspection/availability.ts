import { LONGEST_RETRY_AFTER } from '../../authorization-server/retry-after.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { CircuitBreaker, type Permission } from './circuit-breaker.ts'
import type { FailedCall } from './introspection-failure.ts'
import type { Probe, ProbeResult } from './probe.ts'

/**
 * Whether the server of an issuer can be asked: a circuit breaker, and what it counts. Strangers choose what they send. So
 * a call for a token that was never verified or active counts as failed only where a probe fails, too, and a probe tries
 * whether the server is back. Known tokens pass an open breaker.
 */
export class Availability {
  readonly #breaker = new CircuitBreaker()
  readonly #probe: Probe | undefined
  readonly #now: () => number
  /** Up to then, the server wants fewer calls. An answer to a known token does not end that. */
  #throttledUntil = -Infinity

  /** Without a probe, a failure that may be due to a token of strangers does not count. `now`: monotonic milliseconds. */
  constructor(probe: Probe | undefined, now: () => number) {
    this.#probe = probe
    this.#now = now
  }

  /** `undefined`: no call may be made. Whoever gets a permission has to tell what became of the call. */
  ask(isKnown: boolean): MaybePromise<Permission | undefined> {
    const now = this.#now()
    if (!isKnown && now < this.#throttledUntil) return undefined
    const permission = this.#breaker.ask(now, isKnown)
    if (permission !== 'trial' || isKnown || this.#probe?.isDue !== true) return permission
    return andThen(this.#probe.ask(), (result) => {
      this.#judge('trial', 0, result)
      return this.#breaker.ask(this.#now(), false)
    })
  }

  /** The server has answered the question. */
  succeeded(permission: Permission): void {
    this.#breaker.succeeded(permission)
    this.#probe?.resume()
  }

  /** What came says nothing about whether the server answers others. */
  inconclusive(permission: Permission): void {
    this.#breaker.inconclusive(permission)
  }

  /** No answer came. */
  failed(permission: Permission, failure: FailedCall, isKnown: boolean): void {
    if (failure.dueTo === 'token') return this.inconclusive(permission)
    if (failure.dueTo === 'either' && !isKnown) {
      const judge = (result: ProbeResult) => this.#judge(permission, failure.retryAfter, result)
      return void andThen(this.#probe?.ask(), judge)
    }
    if (failure.dueTo === 'server') this.#heed(failure)
    this.#breaker.failed(permission, this.#now(), failure.retryAfter)
  }

  /** Seconds until a call of any token may be made again. */
  get pause(): number {
    const now = this.#now()
    return Math.max(this.#breaker.pause(now), (this.#throttledUntil - now) / 1000)
  }

  /** A call may be due to its token: a probe has shown whether it is. */
  #judge(permission: Permission, retryAfter: number, result: ProbeResult): void {
    if (result === undefined) return this.inconclusive(permission)
    const hasAnswered = result === 'answered' || result.dueTo === 'token'
    if (!hasAnswered) {
      if (result.dueTo === 'server') this.#heed(result)
      this.#breaker.failed(permission, this.#now(), Math.max(retryAfter, result.retryAfter))
    } else if (permission === 'trial') this.#breaker.succeeded(permission)
    // An answer to a probe does not make up for calls of known tokens that have failed.
    else this.inconclusive(permission)
  }

  /** The server has refused us, or wants fewer calls. */
  #heed({ failure, retryAfter }: FailedCall): void {
    this.#probe?.pause()
    if (failure !== 'throttled') return
    const seconds = Math.min(LONGEST_RETRY_AFTER.introspection, retryAfter)
    this.#throttledUntil = Math.max(this.#throttledUntil, this.#now() + seconds * 1000)
  }
}
