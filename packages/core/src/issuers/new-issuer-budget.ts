/**
 * Limits how fast issuers without a verified token are added: first `max` issuers, then `perSecond` issuers per second. Without
 * this limit, forged tokens with the names of many tenants could make this API call the authorization servers of all these tenants.
 */
export class NewIssuerBudget {
  readonly #max: number
  readonly #perSecond: number
  #left: number
  #at: number

  /** `now` is in monotonic milliseconds. */
  constructor(max: number, perSecond: number, now: number) {
    this.#max = max
    this.#perSecond = perSecond
    this.#left = max
    this.#at = now
  }

  /** Takes one unit, which permits one new issuer. Returns `false` if no unit is left. */
  take(now: number): boolean {
    this.#left = Math.min(this.#max, this.#left + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }

  /** Gives one unit back, because the issuer was not added, or because one of its tokens was verified. */
  giveBack(): void {
    this.#left = Math.min(this.#max, this.#left + 1)
  }
}
