import { deepFreeze } from '../lib/deep-freeze.ts'
import { FetchError } from './bounded-fetch.ts'

/** Maximum of `Retry-After` in seconds, by kind of endpoint. A longer time is shortened to this maximum. */
export const LONGEST_RETRY_AFTER = deepFreeze({
  /**
   * Keys and metadata. The maximum is short, because attackers can cause the `Retry-After`: their tokens have random values of
   * `kid` and cause fetches. During the pause, a key rotation is not noticed.
   */
  documents: 10,
  /** Introspection endpoint. */
  introspection: 300,
})

/**
 * Parses a `Retry-After` header (RFC 9110 section 10.2.3), which is seconds or a date, into seconds from `now`
 * (milliseconds since the epoch). Returns `undefined` for any other text, including an obsolete form of a date without GMT.
 */
export function secondsUntil(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter)
  // Without this check, `Date.parse` accepts "-5" and "1.5" as dates.
  const date = retryAfter.endsWith('GMT') ? Date.parse(retryAfter) : NaN
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000)
}

/** Returns the seconds of `Retry-After` for the error of a call: 0 if there is no response, or no valid header. */
export function readRetryAfter(error: unknown, now: number): number {
  return (error instanceof FetchError && secondsUntil(error.retryAfter, now)) || 0
}

/** Pause before documents are fetched again, set by `Retry-After`. `until` and `now` are monotonic milliseconds. */
export class RequestedPause {
  #until = -Infinity

  /** End of the pause. A time in the past means that fetches are allowed. */
  get until(): number {
    return this.#until
  }

  /** Starts a pause, at most `LONGEST_RETRY_AFTER.documents` long. Does not shorten a pause that ends later. */
  request(seconds: number, now: number): void {
    const bounded = Math.min(LONGEST_RETRY_AFTER.documents, seconds)
    this.#until = Math.max(this.#until, now + bounded * 1000)
  }

  /** Ends the pause after a successful response. */
  end(): void {
    this.#until = -Infinity
  }
}
