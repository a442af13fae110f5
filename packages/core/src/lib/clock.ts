import { runDetached } from '#async-context'

/** Source of time. Replace it in tests only. */
export interface Clock {
  /** Returns milliseconds since the epoch, as `Date.now()` does. Used for `exp`, `nbf` and `iat`. */
  now(): number
  /**
   * Returns milliseconds that never decrease, as `performance.now()` does. Used for ages and pauses. It may stop while the
   * computer is suspended.
   */
  monotonic(): number
  /** Calls `callback` once after this time. Returns a function that cancels the call. Does not keep the process alive. */
  after(milliseconds: number, callback: () => void): () => void
}

/**
 * Value of the option `clock`: a function that returns milliseconds since the epoch, or a `Clock`. For a function, or an
 * object without `monotonic`, `monotonic` is derived from `now`.
 *
 * @example
 * ```ts
 * const clock = () => Date.parse('2026-01-01T00:00:00Z')
 * ```
 */
export type ClockOption = (() => number) | (Pick<Clock, 'now'> & Partial<Clock>)

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, callback) {
    const timer: unknown = runDetached(() => setTimeout(callback, milliseconds))
    // Browsers return a number. Other runtimes return an object whose `unref` lets the process exit.
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
    return () => clearTimeout(timer as number)
  },
}

/** A point in time in milliseconds, read from both clocks. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

/** Returns the seconds since the epoch. */
export function getSeconds(clock: Clock): number {
  return clock.now() / 1000
}

/** Reads both clocks. */
export function getMoment(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() }
}

/**
 * Returns the seconds from one moment to another. Uses the clock with the larger difference. The wall clock may have
 * been set back, and the monotonic clock stops on some systems while the computer is suspended.
 */
export function secondsBetween(then: Moment, now: Moment): number {
  return Math.max(now.wall - then.wall, now.monotonic - then.monotonic) / 1000
}

/** Number of milliseconds. If the wall clock advanced by less than this number, the monotonic clock is not read. */
const SMALL_STEP = 1000

/**
 * Returns a clock whose `monotonic` includes the time of a suspension. Examples are a laptop that sleeps, a frozen function
 * and a virtual machine that is restored from a snapshot. `monotonic` uses the wall clock or the monotonic clock, whichever
 * advanced further. The result never decreases.
 */
export function withSuspension(clock: Clock): Clock {
  /** Last reading of both clocks. */
  let synced: Moment | undefined
  let elapsed = 0
  let lastWall = 0

  function monotonic(): number {
    const wall = clock.now()
    const step = wall - lastWall
    // One clock is faster to read than two.
    if (synced === undefined || !(step >= 0 && step < SMALL_STEP)) {
      const now = { wall, monotonic: clock.monotonic() }
      elapsed += synced === undefined ? now.monotonic : getElapsed(synced, lastWall, now)
      synced = now
    }
    lastWall = wall
    return elapsed + (wall - synced.wall)
  }

  return { now: clock.now.bind(clock), monotonic, after: clock.after.bind(clock) }
}

/** Returns the milliseconds since `then`. The result never decreases, because it includes the previous wall time `lastWall`. */
function getElapsed(then: Moment, lastWall: number, now: Moment): number {
  return Math.max(lastWall - then.wall, now.wall - then.wall, now.monotonic - then.monotonic)
}
