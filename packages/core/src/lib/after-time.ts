import type { Clock } from './clock.ts'

/**
 * Limits in milliseconds. If a timer is late by more than `late`, this process was blocked. The callback is then called after
 * another `grace` milliseconds.
 */
export interface Lateness {
  readonly late: number
  readonly grace: number
}

/**
 * Calls `callback` after a time. Returns a function that cancels the call.
 *
 * If the event loop was blocked or the computer was suspended, a response may already be in the socket. In this case, the
 * callback is called `grace` milliseconds later, so that the response can be read first.
 */
export function afterTime(
  clock: Pick<Clock, 'monotonic' | 'after'>,
  milliseconds: number,
  { late, grace }: Lateness,
  callback: () => void,
): () => void {
  const due = clock.monotonic() + milliseconds
  let cancel = clock.after(milliseconds, () => {
    if (clock.monotonic() - due > late) cancel = clock.after(grace, callback)
    else callback()
  })
  return () => cancel()
}
