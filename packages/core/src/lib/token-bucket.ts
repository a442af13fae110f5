/** Lets through a burst, and after it one at a time at an even pace. Time is that of the caller. */
export class TokenBucket {
  readonly #capacity: number
  readonly #interval: number
  #tokens: number
  #at = -Infinity

  /** `interval` is the time in which one token comes back. */
  constructor(capacity: number, interval: number) {
    this.#capacity = capacity
    this.#interval = interval
    this.#tokens = capacity
  }

  take(now: number): boolean {
    const grown = (now - this.#at) / this.#interval
    this.#tokens = Math.min(this.#capacity, this.#tokens + Math.max(0, grown))
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
