import { FetchError } from './bounded-fetch.ts'

/**
 * The seconds that an answer asks to wait: its `Retry-After` (RFC 9110 section 10.2.3) as it came, which is
 * seconds or a date. `now` is in milliseconds since the epoch. `undefined` where it says nothing that means
 * anything.
 */
export function secondsUntil(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter)
  // An HTTP-date ends in GMT; Date.parse reads years out of "-5" and "1.5".
  const date = retryAfter.endsWith('GMT') ? Date.parse(retryAfter) : NaN
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000)
}

/** The same for a failed call: 0 where its answer does not ask for a pause, or there was none. */
export function retryAfterOf(error: unknown, now: number): number {
  return (error instanceof FetchError && secondsUntil(error.retryAfter, now)) || 0
}
