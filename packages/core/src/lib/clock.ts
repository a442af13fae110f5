import { runDetached } from '#async-context'

/** The source of time. Replace it in tests; leave it alone elsewhere. */
export interface Clock {
  /** Milliseconds since the epoch, as `Date.now()`: judges `exp`, `nbf` and `iat`. */
  now(): number
  /** Milliseconds that only ever grow, as `performance.now()`: judges ages and pauses. It may stand still in suspension. */
  monotonic(): number
  /** Calls back once after so many milliseconds, and returns what prevents it. Never holds the process. */
  after(milliseconds: number, callback: () => void): () => void
}

/**
 * Source of time as options take it. A function, or an object with `now` alone, returns milliseconds since the epoch, and
 * ages are measured by it, too.
 */
export type ClockOption = (() => number) | (Pick<Clock, 'now'> & Partial<Clock>)

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, callback) {
    const timer: unknown = runDetached(() => setTimeout(callback, milliseconds))
    // A number in browsers, an object that can be told not to hold the process elsewhere.
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
    return () => clearTimeout(timer as number)
  },
}

/** A point in time, by both clocks: in milliseconds. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

/** Seconds since the epoch. */
export function getSeconds(clock: Clock): number {
  return clock.now() / 1000
}

export function getMoment(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() }
}

/**
 * Seconds from one moment to another, by the clock that says more: one may have been set back meanwhile, and
 * the other stands still on some systems while the machine is suspended.
 */
export function secondsBetween(then: Moment, now: Moment): number {
  return Math.max(now.wall - then.wall, now.monotonic - then.monotonic) / 1000
}

/** Milliseconds between two readings that one clock alone may judge. */
const SMALL_STEP = 1000

/**
 * Makes a clock whose `monotonic` counts the time of a suspension: a laptop that sleeps, a function that is frozen, a
 * machine that is restored from a snapshot. Of the two clocks, the one that has gone on longer counts. It never goes
 * back.
 */
export function withSuspension(clock: Clock): Clock {
  /** The last reading of both clocks. */
  let synced: Moment | undefined
  let elapsed = 0
  let lastWall = 0

  function monotonic(): number {
    const wall = clock.now()
    const step = wall - lastWall
    // One reading is enough as long as the wall clock goes on by small steps.
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

/** `lastWall`: up to there, the wall clock was followed. */
function getElapsed(then: Moment, lastWall: number, now: Moment): number {
  return Math.max(lastWall - then.wall, now.wall - then.wall, now.monotonic - then.monotonic)
}
