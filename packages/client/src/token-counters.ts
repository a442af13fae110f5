/** Counts of what a token source has done since it was created. */
export interface TokenCounters {
  /** Tokens fetched while no valid token was cached. */
  readonly issued: number
  /** Tokens fetched while the previous token was still valid. */
  readonly renewed: number
  /** Calls answered with the cached token. */
  readonly cached: number
  /** Failed attempts to get a token. */
  readonly failed: number
  /** Tokens that were rejected by an API or removed with `invalidate()`. */
  readonly invalidated: number
  /** Seconds that all token requests have taken together. */
  readonly duration: number
}

/** Counters that the code of a token source increments. They count also if nothing listens to events. */
export type MutableTokenCounters = { -readonly [Name in keyof TokenCounters]: TokenCounters[Name] }

/** Creates counters that start at 0. */
export function createTokenCounters(): MutableTokenCounters {
  return { issued: 0, renewed: 0, cached: 0, failed: 0, invalidated: 0, duration: 0 }
}
