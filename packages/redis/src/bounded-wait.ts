import { afterTime, type Clock } from '@bearward/core/internal'

/** Milliseconds to read a reply that arrived while this process was blocked: see `afterTime`. */
const LATENESS = { late: 10, grace: 10 }

/** A time limit for the results of promises. */
export interface BoundedWait {
  /** Resolves with the result of `work`, or rejects with its error. Resolves with `'timeout'` when the time is over. */
  race<T>(work: Promise<T>): Promise<T | 'timeout'>
  /** Ends the timer. */
  end(): void
}

/**
 * Starts a timer of `timeout` milliseconds. If this process is blocked until after this time, the timer is extended: see `afterTime`.
 * Replies that are already in the socket can then be read.
 */
export function startBoundedWait(clock: Clock, timeout: number): BoundedWait {
  let end = () => {}
  const over = new Promise<'timeout'>((resolve) => {
    end = afterTime(clock, timeout, LATENESS, () => resolve('timeout'))
  })
  return { race: (work) => Promise.race([work, over]), end }
}
