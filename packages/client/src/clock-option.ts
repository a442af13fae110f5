import { clock, type Clock, runDetached, systemClock } from '@bearward/core/internal'

/**
 * System clock whose timers keep the process running. They run only while a token is requested or a caller waits for
 * one, and a program that waits for nothing else must not exit in the meantime.
 */
const blockingClock: Clock = {
  ...systemClock,
  after(milliseconds, callback) {
    const timer = runDetached(() => setTimeout(callback, milliseconds))
    return () => clearTimeout(timer)
  },
}

/** The option `clock`. */
export const CLOCK = clock(blockingClock)
