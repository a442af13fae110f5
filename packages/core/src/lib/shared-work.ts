import { WORK_ENDS_WITH_REQUEST } from '#async-context'
import type { Clock } from './clock.ts'

/** Milliseconds for which a request waits for work of another request. Then it does the work itself. */
const LONGEST_WAIT = 2000

/** The result of `joinWork` if the runtime has cancelled the work: it is never settled. */
export const LOST: unique symbol = Symbol('lost')
/** The result of `joinWork` if the work may be lost, because it takes long. */
export const LATE: unique symbol = Symbol('late')

/**
 * Waits for work that another request has started, and that never rejects.
 *
 * Cloudflare Workers cancels the work of a request that has ended. Its newer versions then reject the promise, so the result is
 * `LOST`. In older versions the promise stays pending, so the result is `LATE` after two seconds. In both cases, the caller does the
 * work itself. In runtimes that do not cancel work, returns `work`.
 */
export function joinWork<T>(
  work: Promise<T>,
  clock: Pick<Clock, 'after'>,
  mayBeLost: boolean = WORK_ENDS_WITH_REQUEST,
): Promise<T | typeof LOST | typeof LATE> {
  if (!mayBeLost) return work
  let cancel = () => {}
  const late = new Promise<typeof LATE>((resolve) => {
    cancel = clock.after(LONGEST_WAIT, () => resolve(LATE))
  })
  const settled: Promise<T | typeof LOST> = work.catch(() => LOST)
  return Promise.race([settled, late]).finally(cancel)
}

/** Returns the result of work that another request has started. If it is lost or late, returns the result of `restart`. */
export function joinOrRestart<T>(
  work: Promise<T>,
  clock: Pick<Clock, 'after'>,
  restart: () => T | Promise<T>,
): Promise<T> {
  const joined = joinWork(work, clock)
  if (joined === work) return work
  return joined.then((result) => (result === LOST || result === LATE ? restart() : result))
}
