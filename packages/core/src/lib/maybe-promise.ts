/** A value, or a promise of the value if it is not known yet. */
export type MaybePromise<T> = T | Promise<T>

/**
 * Calls `next` immediately if the value is known, and otherwise when its promise resolves. A known value causes no promise and no
 * turn of the event loop.
 */
export function andThen<T, U>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
