import { LONGEST_RETRY_AFTER } from '../../authorization-server/retry-after.ts'

/** The numbers of the circuit breaker. */
export const BREAKER = {
  /** Failures in a row that open it. */
  failures: 5,
  /** Seconds that it stays open: the first time, and at most, as trials go on failing. */
  pause: { first: 1, last: 30 },
} as const

/**
 * That a call may be made. The result of a `trial` decides about the calls that come after it. A known token may `pass`
 * though others may not: its call can close the breaker. Its failure changes nothing, except for a `Retry-After`.
 */
export type Permission = 'call' | 'trial' | 'pass'

type State =
  /** It is so many pauses since the last answer. */
  | { readonly name: 'closed'; readonly failures: number; readonly pauses: number }
  /** `until` is in monotonic milliseconds. */
  | { readonly name: 'open'; readonly until: number; readonly pauses: number }
  | { readonly name: 'half_open'; readonly pauses: number }

const CLOSED: State = { name: 'closed', failures: 0, pauses: 0 }

/**
 * Keeps calls from a server that does not answer them, as a state machine without input or output: it is
 * told what happens and when (monotonic milliseconds), and says whether a call may be made.
 *
 * Closed, it lets every call through. After `BREAKER.failures` in a row, or when the server asks for a
 * pause, it is open and lets none through but those of known tokens. When the pause is over it is half open: one call
 * goes through as a trial, and what becomes of it closes the breaker or opens it for twice as long.
 */
export class CircuitBreaker {
  #state: State = CLOSED
  /** The time when it last opened, in monotonic milliseconds. */
  openedAt = -Infinity

  /** `undefined`: no call may be made. Callers must report the result of a permitted call. */
  ask(monotonic: number, isKnown: boolean): Permission | undefined {
    const state = this.#state
    if (state.name === 'closed') return 'call'
    if (state.name === 'half_open' || monotonic < state.until) return isKnown ? 'pass' : undefined
    this.#state = { name: 'half_open', pauses: state.pauses }
    return 'trial'
  }

  /** The server has answered the question. A call from before the breaker opened says nothing about the time after. */
  succeeded(permission: Permission): void {
    if (permission !== 'call' || this.#state.name === 'closed') this.#state = CLOSED
  }

  /**
   * Reports a result that says nothing about whether it answers others. After a trial, all calls are let through, and the next failure
   * opens it for twice as long: nobody must be able to use up one trial after the other.
   */
  inconclusive(permission: Permission): void {
    const state = this.#state
    if (permission === 'trial' && state.name === 'half_open')
      this.#state = { name: 'closed', failures: BREAKER.failures - 1, pauses: state.pauses }
  }

  /** It has not. `retryAfter` are the seconds that it has asked for: 0 where it has not. */
  failed(permission: Permission, monotonic: number, retryAfter: number): void {
    const state = this.#state
    if (state.name === 'closed') {
      const failures = state.failures + 1
      const opens = failures >= BREAKER.failures || retryAfter > 0
      if (opens) this.#open(state.pauses, monotonic, retryAfter)
      else this.#state = { ...state, failures }
    } else if (permission === 'trial') {
      this.#open(state.pauses, monotonic, retryAfter)
    } else if (state.name === 'open') {
      const asked = monotonic + Math.min(LONGEST_RETRY_AFTER.introspection, retryAfter) * 1000
      this.#state = { ...state, until: Math.max(state.until, asked) }
    }
  }

  /** Seconds for which calls of unknown tokens are not permitted. */
  pause(monotonic: number): number {
    return this.#state.name === 'open' ? Math.max(0, (this.#state.until - monotonic) / 1000) : 0
  }

  /** Opens the breaker. The server can only make the pause longer: it may say 0, and mean nothing by it. */
  #open(pauses: number, monotonic: number, retryAfter: number): void {
    const { first, last } = BREAKER.pause
    const asked = Math.min(LONGEST_RETRY_AFTER.introspection, retryAfter)
    const seconds = Math.max(asked, Math.min(last, first * 2 ** pauses))
    this.#state = { name: 'open', until: monotonic + seconds * 1000, pauses: pauses + 1 }
    this.openedAt = monotonic
  }
}
