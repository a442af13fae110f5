import { deepFreeze } from '../lib/deep-freeze.ts'
import { FetchError } from './bounded-fetch.ts'

/** Seconds for which a `Retry-After` of an authorization server is obeyed at most. */
export const LONGEST_RETRY_AFTER = deepFreeze({
  /**
   * Of the keys and the metadata. Short, because callers with made-up keys can make a server ask for it, and
   * no key rotation is noticed in the meantime.
   */
  documents: 10,
  /** Of the introspection endpoint. */
  introspection: 300,
  /** Of the token endpoint. */
  token: 300,
})

/**
 * Parses a `Retry-After` header (RFC 9110 section 10.2.3), which is seconds or a date, into seconds from `now`
 * (milliseconds since the epoch). Returns `undefined` if it is neither.
 */
export function secondsUntil(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter)
  // An HTTP-date ends in GMT. Without this check Date.parse reads years from "-5" and "1.5".
  const date = retryAfter.endsWith('GMT') ? Date.parse(retryAfter) : NaN
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000)
}

/** The same for a failed call: 0 if its answer has no `Retry-After`, or if there was no answer. */
export function readRetryAfter(error: unknown, now: number): number {
  return (error instanceof FetchError && secondsUntil(error.retryAfter, now)) || 0
}

/** The pause that a server asks for before its documents are fetched again. Times are monotonic milliseconds. */
export class RequestedPause {
  #until = -Infinity

  /** The end of the pause: in the past if there is none. */
  get until(): number {
    return this.#until
  }

  /** Starts a pause of so many seconds. A longer pause that was asked for earlier stays. */
  request(seconds: number, now: number): void {
    const bounded = Math.min(LONGEST_RETRY_AFTER.documents, seconds)
    this.#until = Math.max(this.#until, now + bounded * 1000)
  }

  /** Ends the pause: the server has answered. */
  end(): void {
    this.#until = -Infinity
  }
}
