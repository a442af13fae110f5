/**
 * Limits how fast issuers are added that have not signed a token yet. Otherwise tokens with the names of other tenants could make
 * this API call all their authorization servers. `max` issuers can be added at once, and then `perSecond`.
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

  /** Takes one unit. Returns `false` if none is left. */
  take(now: number): boolean {
    this.#left = Math.min(this.#max, this.#left + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }

  /** Returns a unit: the issuer was not added, or has signed a token. */
  giveBack(): void {
    this.#left = Math.min(this.#max, this.#left + 1)
  }
}
