/**
 * The seconds that an answer asks to wait: its `Retry-After` (RFC 9110 section 10.2.3) as it came, which is
 * seconds or a date. `now` is in milliseconds since the epoch. `undefined` where it says nothing.
 */
export function secondsUntil(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter)
  const date = Date.parse(retryAfter)
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000)
}
