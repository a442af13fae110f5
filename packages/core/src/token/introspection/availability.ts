import { LONGEST_RETRY_AFTER } from '../../authorization-server/retry-after.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { CircuitBreaker, type Permission } from './circuit-breaker.ts'
import type { FailedCall } from './introspection-failure.ts'
import type { Probe, ProbeResult } from './probe.ts'

/**
 * The availability of an issuer's introspection endpoint: a circuit breaker, and what it counts. Anybody can send
 * unknown tokens, which were neither verified nor active before. So a failed call for one counts only if a probe fails,
 * too, and a probe also decides whether a pause is over. Known tokens pass an open breaker.
 *
 * Callers must report the result of a permitted call with `succeeded`, `failed` or `inconclusive`.
 */
export class Availability {
  readonly #breaker = new CircuitBreaker()
  readonly #probe: Probe | undefined
  readonly #now: () => number
  /** Up to then, the server wants fewer calls. An answer to a known token does not end that. */
  #throttledUntil = -Infinity

  /** Without a probe, a failure that an unknown token can cause does not count. `now`: monotonic milliseconds. */
  constructor(probe: Probe | undefined, now: () => number) {
    this.#probe = probe
    this.#now = now
  }

  /** `undefined`: no call may be made. */
  ask(isKnown: boolean): MaybePromise<Permission | undefined> {
    const now = this.#now()
    if (!isKnown && now < this.#throttledUntil) return undefined
    const permission = this.#breaker.ask(now, isKnown)
    if (permission !== 'trial' || isKnown) return permission
    const result = this.#probe?.ask(this.#breaker.openedAt)
    if (result === undefined) return permission
    return andThen(result, (known) => {
      this.#judge('trial', known)
      return this.#breaker.ask(this.#now(), false)
    })
  }

  /** The server has answered the question. */
  succeeded(permission: Permission): void {
    this.#breaker.succeeded(permission)
    this.#probe?.resume()
  }

  /** Reports a result that says nothing about whether the server answers others. */
  inconclusive(permission: Permission): void {
    this.#breaker.inconclusive(permission)
  }

  /** No answer came. */
  failed(permission: Permission, failure: FailedCall, isKnown: boolean): void {
    if (failure.dueTo === 'token') return this.inconclusive(permission)
    if (failure.dueTo === 'either' && !isKnown) {
      const judge = (result: ProbeResult) => this.#judge(permission, result)
      return void andThen(this.#probe?.ask(), judge)
    }
    this.#heed(failure)
    this.#breaker.failed(permission, this.#now(), failure.retryAfter)
  }

  /** Seconds for which unknown tokens are not introspected. */
  get pause(): number {
    const now = this.#now()
    return Math.max(this.#breaker.pause(now), (this.#throttledUntil - now) / 1000)
  }

  /** The result of a probe decides about a permitted call: its own failure may be due to its token. */
  #judge(permission: Permission, result: ProbeResult): void {
    if (result === undefined) this.inconclusive(permission)
    else if (result !== 'answered') {
      this.#heed(result)
      this.#breaker.failed(permission, this.#now(), result.retryAfter)
    } else if (permission === 'trial') this.#breaker.succeeded(permission)
    // An answer to a probe does not make up for calls of known tokens that have failed.
    else this.inconclusive(permission)
  }

  /** The server may have refused our credentials, or asked for fewer calls. */
  #heed({ failure, retryAfter }: FailedCall): void {
    if (failure !== 'credentials_refused' && failure !== 'throttled') return
    this.#probe?.pause()
    if (failure !== 'throttled') return
    const seconds = Math.min(LONGEST_RETRY_AFTER.introspection, retryAfter)
    this.#throttledUntil = Math.max(this.#throttledUntil, this.#now() + seconds * 1000)
  }
}
