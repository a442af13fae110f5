/** The numbers of the circuit breaker. */
export const BREAKER = {
  /** Failures in a row that open it. */
  failures: 5,
  /** Seconds that it stays open: the first time, and at most, as probes go on failing. */
  pause: { first: 1, last: 30 },
  /** Seconds that the server may ask us to wait (`Retry-After`), at most. */
  retryAfter: 300,
} as const

/** May this call be made? As a probe, it decides about those that come after it. */
export type Permission = 'call' | 'probe' | 'refused'

/**
 * Keeps calls from a server that does not answer them, as a state machine without input or output: it is
 * told what happens and when (monotonic milliseconds), and says whether a call may be made.
 *
 * Closed, it lets every call through. After `BREAKER.failures` in a row, or when the server asks for a
 * pause, it is open and refuses all. When the pause is over it is half open: one call goes through as a
 * probe, and what becomes of it closes the breaker or opens it for twice as long.
 */
export class CircuitBreaker {
  #failures = 0
  #pauses = 0
  #openUntil = -Infinity
  #isOpen = false
  #isProbing = false

  ask(now: number): Permission {
    if (!this.#isOpen) return 'call'
    if (now < this.#openUntil || this.#isProbing) return 'refused'
    this.#isProbing = true
    return 'probe'
  }

  /** The server has answered. A call from before the breaker opened says nothing about the time after. */
  succeeded(permission: Permission): void {
    if (this.#isOpen && permission !== 'probe') return
    this.#failures = 0
    this.#pauses = 0
    this.#isOpen = false
    this.#isProbing = false
  }

  /** It has not. `retryAfter` are the seconds that it has asked for, if it has. */
  failed(permission: Permission, now: number, retryAfter?: number): void {
    if (permission === 'probe') this.#isProbing = false
    else if (this.#isOpen) return this.#waitUntil(now, retryAfter ?? 0)
    this.#failures++
    if (permission !== 'probe' && this.#failures < BREAKER.failures && retryAfter === undefined)
      return
    const { first, last } = BREAKER.pause
    this.#isOpen = true
    this.#waitUntil(now, retryAfter ?? Math.min(last, first * 2 ** this.#pauses))
    this.#pauses++
  }

  /** The call was made, and it is not known what that says: another one is to find out. */
  abandoned(permission: Permission): void {
    if (permission === 'probe') this.#isProbing = false
  }

  /** Seconds until a call may be made again. */
  pause(now: number): number {
    return this.#isOpen ? Math.max(0, (this.#openUntil - now) / 1000) : 0
  }

  #waitUntil(now: number, seconds: number): void {
    const pause = Math.min(BREAKER.retryAfter, seconds) * 1000
    this.#openUntil = Math.max(this.#openUntil, now + pause)
  }
}
