import { WORK_ENDS_WITH_REQUEST } from '#async-context'
import type { Clock } from './clock.ts'
import { withTimeLimit } from './with-time-limit.ts'

/** Milliseconds by which work may end later than its timeout. */
const GRACE = 1500

/** The result of waiting for work that the runtime has cancelled. */
export const LOST: unique symbol = Symbol('lost')

/**
 * Returns the milliseconds after which unfinished work is lost: the runtime has cancelled it, and its promise may never settle.
 * Returns Infinity in runtimes that do not cancel work. `timeout` is the longest time of the work in milliseconds.
 */
export function getLostAfter(timeout: number): number {
  return WORK_ENDS_WITH_REQUEST ? timeout + GRACE : Infinity
}

/**
 * Waits for work that another request has started. The work itself must never reject. `lostAfter` is in milliseconds.
 *
 * Cloudflare Workers cancels the work of a request that has ended. Newer versions then reject the promise. In older versions, the
 * promise stays pending, so this function waits for at most `lostAfter`. In both cases, the result is `LOST`, and the caller does
 * the work itself. In runtimes that do not cancel work, `lostAfter` is Infinity, and this function returns `work`.
 */
export function joinWork<T>(
  work: Promise<T>,
  clock: Pick<Clock, 'monotonic' | 'after'>,
  lostAfter: number,
): Promise<T | typeof LOST> {
  if (lostAfter === Infinity) return work
  const settled: Promise<T | typeof LOST> = work.catch(() => LOST)
  return withTimeLimit(settled, lostAfter, clock, () => LOST)
}

/** Returns the result of work that another request has started. If the work is lost, returns the result of `restart`. */
export function joinOrRestart<T>(
  work: Promise<T>,
  clock: Pick<Clock, 'monotonic' | 'after'>,
  lostAfter: number,
  restart: () => T | Promise<T>,
): Promise<T> {
  const joined = joinWork(work, clock, lostAfter)
  if (joined === work) return work
  return joined.then((result) => (result === LOST ? restart() : result))
}
