import type { Clock } from '@bearward/core/internal'

/** Milliseconds by which a timer may be late. If it is later, this process was blocked, and the server is not the cause. */
const LATE = 10

/** Bounds the time of a use. */
export interface BoundedWait {
  /** Resolves with the result of `work`, or rejects with its error. Resolves with `'timeout'` when the time is over. */
  race<T>(work: Promise<T>): Promise<T | 'timeout'>
  /** Ends the timer. */
  end(): void
}

/**
 * Starts a timer. If this process was blocked for longer than the timeout, the reply may already be in the socket. It is read
 * before the time is over.
 */
export function startBoundedWait(clock: Clock, timeout: number): BoundedWait {
  let cancel: () => void
  const over = new Promise<'timeout'>((resolve) => {
    const end = () => resolve('timeout')
    const due = clock.monotonic() + timeout
    cancel = clock.after(timeout, () => {
      if (clock.monotonic() - due > LATE) cancel = clock.after(LATE, end)
      else end()
    })
  })
  return {
    race: (work) => Promise.race([work, over]),
    end: () => cancel(),
  }
}
