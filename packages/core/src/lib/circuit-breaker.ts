/** Thresholds of a circuit breaker. All times are in seconds. */
export interface BreakerThresholds {
  /** Number of consecutive failures that open the breaker. */
  readonly failures: number
  /** Time for which the breaker stays open: the first pause, and the maximum after repeated failed trials. */
  readonly pause: { readonly first: number; readonly last: number }
  /** Maximum of a `Retry-After`. A longer time is shortened to this maximum. */
  readonly longestRetryAfter: number
}

/**
 * Permission for a call. The result of a `trial` opens or closes the breaker. A preferred call gets `pass` while other calls are
 * not permitted. If a `pass` succeeds, the breaker closes. If a `pass` fails, the effect depends on the state of the breaker:
 *
 * - Open: the `Retry-After` of the response can lengthen the pause.
 * - Half open: the failure has no effect.
 * - Closed by another call in the meantime: the failure is one of the consecutive failures, as for a `call`.
 */
export type Permission = 'call' | 'trial' | 'pass'

type State =
  /** `pauses` is the number of pauses since the last valid response. */
  | { readonly name: 'closed'; readonly failures: number; readonly pauses: number }
  /** `until` is in monotonic milliseconds. */
  | { readonly name: 'open'; readonly until: number; readonly pauses: number }
  /** `since` is the start of the trial in monotonic milliseconds. */
  | { readonly name: 'half_open'; readonly since: number; readonly pauses: number }

const CLOSED: State = { name: 'closed', failures: 0, pauses: 0 }

/**
 * Circuit breaker that stops calls to a server that does not respond. It is a state machine that makes no network calls and
 * reads no clock. Callers report results and times (monotonic milliseconds), and request permission for calls.
 *
 * - Closed: every call is permitted. The breaker opens after `failures` consecutive failures, or after a failure with a
 *   `Retry-After`.
 * - Open: only preferred calls are permitted, until the pause is over.
 * - Half open: one call is the trial, and preferred calls stay permitted. If the trial succeeds, the breaker closes.
 *   If it fails, the breaker opens and the pause doubles, up to `pause.last`.
 */
export class CircuitBreaker {
  readonly #thresholds: BreakerThresholds
  readonly #lostAfter: number
  #state: State = CLOSED
  /** The time when the breaker last opened, in monotonic milliseconds. */
  openedAt = -Infinity

  /** `lostAfter`: milliseconds after which a trial is lost (see `getLostAfter`). The next call is then the new trial. */
  constructor(thresholds: BreakerThresholds, lostAfter = Infinity) {
    this.#thresholds = thresholds
    this.#lostAfter = lostAfter
  }

  /** Requests permission for a call. `undefined`: not permitted. Callers must report the result of a permitted call. */
  acquire(monotonic: number, isPreferred: boolean): Permission | undefined {
    const state = this.#state
    if (state.name === 'closed') return 'call'
    const until = state.name === 'open' ? state.until : state.since + this.#lostAfter
    if (monotonic < until) return isPreferred ? 'pass' : undefined
    this.#state = { name: 'half_open', since: monotonic, pauses: state.pauses }
    return 'trial'
  }

  /** Reports a valid response. A call that began before the breaker opened does not close it. */
  succeeded(permission: Permission): void {
    if (permission !== 'call' || this.#state.name === 'closed') this.#state = CLOSED
  }

  /**
   * Reports a result that does not show whether other calls succeed. An inconclusive trial closes the breaker, and the next
   * failure opens it again with a doubled pause. Otherwise one bad request could keep the breaker open.
   */
  inconclusive(permission: Permission): void {
    const state = this.#state
    if (permission === 'trial' && state.name === 'half_open')
      this.#state = {
        name: 'closed',
        failures: this.#thresholds.failures - 1,
        pauses: state.pauses,
      }
  }

  /** Reports a failed call. `retryAfter` is the `Retry-After` of the response in seconds, or 0. */
  failed(permission: Permission, monotonic: number, retryAfter: number): void {
    const state = this.#state
    if (state.name === 'closed') {
      const failures = state.failures + 1
      const opens = failures >= this.#thresholds.failures || retryAfter > 0
      if (opens) this.#open(state.pauses, monotonic, retryAfter)
      else this.#state = { ...state, failures }
    } else if (permission === 'trial') {
      this.#open(state.pauses, monotonic, retryAfter)
    } else if (state.name === 'open') {
      const requested = monotonic + Math.min(this.#thresholds.longestRetryAfter, retryAfter) * 1000
      this.#state = { ...state, until: Math.max(state.until, requested) }
    }
  }

  /** Returns the remaining seconds of the pause: 0 if the breaker is closed, or while a trial is running. */
  pause(monotonic: number): number {
    return this.#state.name === 'open' ? Math.max(0, (this.#state.until - monotonic) / 1000) : 0
  }

  /** Opens the breaker. `Retry-After` can lengthen the pause, but never shortens it. The value 0 has no effect. */
  #open(pauses: number, monotonic: number, retryAfter: number): void {
    const { first, last } = this.#thresholds.pause
    const requested = Math.min(this.#thresholds.longestRetryAfter, retryAfter)
    const seconds = Math.max(requested, Math.min(last, first * 2 ** pauses))
    this.#state = { name: 'open', until: monotonic + seconds * 1000, pauses: pauses + 1 }
    this.openedAt = monotonic
  }
}
