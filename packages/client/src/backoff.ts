import { TOKEN_TIMES } from './token-times.ts'

/**
 * Exponential backoff after failures. The full backoff applies while a valid token is cached. Without a valid token,
 * callers get errors during the backoff, so it is limited to `TOKEN_TIMES.withoutToken` unless `isFullBackoff` is set.
 */
export class Backoff {
  readonly #random: () => number
  #failures = 0
  /** Monotonic times at which the next request may start: `renewal` if a valid token is cached, `token` if none is. */
  #ends = { renewal: -Infinity, token: -Infinity }

  /** `random` returns a number from 0 to 1. It spreads the attempts of many processes. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** `true` after a failure, until the next success. */
  get hasFailed(): boolean {
    return this.#failures > 0
  }

  /** Records a failure. If `isFullBackoff` is `true`, the full backoff applies even if no valid token is cached. */
  fail(now: number, isFullBackoff = false): void {
    this.#failures++
    const renewal = this.getPause(this.#failures)
    const token = isFullBackoff ? renewal : Math.min(renewal, TOKEN_TIMES.withoutToken)
    this.#ends = { renewal: now + renewal * 1000, token: now + token * 1000 }
  }

  /** Ends the backoff after a success. */
  succeed(): void {
    this.#failures = 0
    this.#ends = { renewal: -Infinity, token: -Infinity }
  }

  /** Returns the seconds until the next request may start. Returns 0 if it may start now. */
  getRest(hasToken: boolean, now: number): number {
    return Math.max(0, (this.#ends[hasToken ? 'renewal' : 'token'] - now) / 1000)
  }

  /** Returns the seconds of the backoff after a number of consecutive failures. */
  getPause(failures: number): number {
    const { first, last, jitter } = TOKEN_TIMES.pause
    return Math.min(last, first * 2 ** (failures - 1)) * (1 - jitter * this.#random())
  }
}
