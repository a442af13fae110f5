import { afterTime, type Lateness } from './after-time.ts'
import type { Clock } from './clock.ts'

/** The time ends punctually, even if this process was blocked. */
const PUNCTUAL: Lateness = { late: Infinity, grace: 0 }

/** Returns the result of work, or the result of `onTimeout` if the work takes longer. A later result or error is ignored. */
export function withTimeLimit<T>(
  work: PromiseLike<T>,
  milliseconds: number,
  clock: Pick<Clock, 'monotonic' | 'after'>,
  onTimeout: () => T,
  lateness = PUNCTUAL,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = afterTime(clock, milliseconds, lateness, () => resolve(onTimeout()))
    const settle =
      <Value>(settleWith: (value: Value) => void) =>
      (value: Value) => {
        settleWith(value)
        cancel()
      }
    work.then(settle(resolve), settle(reject))
  })
}
