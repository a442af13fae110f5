import type { Lateness } from './after-time.ts'
import type { Clock } from './clock.ts'
import { isThenable } from './is-thenable.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { withTimeLimit } from './with-time-limit.ts'

/** Limits for a process that was blocked: a result that has already arrived is read first. */
const LATENESS: Lateness = { late: 0, grace: 30 }

/** A call of a function of the application, and the functions that turn its result into a value. */
export interface LimitedCall<T> {
  readonly call: () => unknown
  readonly onResult: (result: unknown) => T
  readonly onError: (error: unknown) => T
  readonly onTimeout: () => T
  readonly milliseconds: number
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
}

/**
 * Calls a function of the application, and limits its time. The function can be asynchronous. Never throws or rejects. `onResult`,
 * `onError` and `onTimeout` must not throw.
 */
export function callWithLimit<T>({
  call,
  onResult,
  onError,
  onTimeout,
  milliseconds,
  clock,
}: LimitedCall<T>): MaybePromise<T> {
  let result: unknown
  try {
    result = call()
    if (!isThenable(result)) return onResult(result)
  } catch (error) {
    return onError(error)
  }
  const pending = Promise.resolve(result).then(onResult, onError)
  return withTimeLimit(pending, milliseconds, clock, onTimeout, LATENESS)
}
