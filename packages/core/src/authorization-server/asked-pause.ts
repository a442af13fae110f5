/**
 * Seconds for which an issuer may put off the next call for its keys or its metadata (`Retry-After`), at most. Few,
 * because callers with made-up keys can bring a server to ask for it, and meanwhile no rotation is noticed.
 */
export const LONGEST_PAUSE = 10

/** The pause that an issuer asks for. All times are monotonic milliseconds. */
export class AskedPause {
  #until = -Infinity

  /** When it is over: in the past where there is none. */
  get until(): number {
    return this.#until
  }

  /** The issuer asks for so many seconds from now on. That shortens no pause that it has asked for before. */
  ask(seconds: number, now: number): void {
    this.#until = Math.max(this.#until, now + Math.min(LONGEST_PAUSE, seconds) * 1000)
  }

  /** The issuer has answered meanwhile. */
  end(): void {
    this.#until = -Infinity
  }
}
