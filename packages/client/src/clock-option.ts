import { clock, type Clock, runDetached, systemClock } from '@bearward/core/internal'

/**
 * System clock whose timers keep the process running. A timer runs only while a token is requested or a caller waits for a
 * token. The process must not exit during that time.
 */
const clockThatKeepsProcessRunning: Clock = {
  ...systemClock,
  after(milliseconds, callback) {
    const timer = runDetached(() => setTimeout(callback, milliseconds))
    return () => clearTimeout(timer)
  },
}

/** Row for `clock` in the table of the options. */
export const CLOCK = clock(clockThatKeepsProcessRunning)
