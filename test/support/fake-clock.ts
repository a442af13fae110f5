import type { Clock } from '@bearward/core'

/** Time that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Seconds since the epoch. */
  seconds(): number
  /** Lets time pass, for both clocks. */
  advance(seconds: number): void
  /** Sets the wall clock alone, as an adjustment of the system time does. */
  jump(seconds: number): void
}

export function fakeClock(startSeconds = 1_900_000_000): FakeClock {
  let wall = startSeconds * 1000
  let monotonic = 0
  return {
    now: () => wall,
    monotonic: () => monotonic,
    seconds: () => wall / 1000,
    advance(seconds) {
      wall += seconds * 1000
      monotonic += seconds * 1000
    },
    jump(seconds) {
      wall += seconds * 1000
    },
  }
}
