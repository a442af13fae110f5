/**
 * Counts of a token source since it was created.
 *
 * @example
 * ```ts
 * { issued: 1, renewed: 5, cached: 4120, failed: 0, invalidated: 0, duration: 0.42 }
 * ```
 */
export interface TokenCounters {
  /** Tokens received while no valid token was cached. */
  readonly issued: number
  /** Tokens received while the previous token was still valid. */
  readonly renewed: number
  /** Calls that returned the cached token. */
  readonly cached: number
  /** Failed token requests. */
  readonly failed: number
  /** Tokens that an API rejected, or that `invalidate()` removed. */
  readonly invalidated: number
  /** Total duration of all token requests in seconds. */
  readonly duration: number
}

/** Counters that a token source increments. The source increments them even if `onEvent` is not set. */
export type MutableTokenCounters = { -readonly [Name in keyof TokenCounters]: TokenCounters[Name] }

/** Creates counters that start at 0. */
export function createTokenCounters(): MutableTokenCounters {
  return { issued: 0, renewed: 0, cached: 0, failed: 0, invalidated: 0, duration: 0 }
}
