/** Where time comes from. Replace it in tests; leave it alone elsewhere. */
export interface Clock {
  /** Milliseconds since the epoch, as `Date.now()`: judges `exp`, `nbf` and `iat`. */
  now(): number
  /** Milliseconds that only ever grow, as `performance.now()`: judges the age of keys. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
