/** A value, or a promise of it where it is not known yet. */
export type MaybePromise<T> = T | Promise<T>

/**
 * Continues with `next` at once where the value is known, and later where it is promised: a verdict
 * that needs no waiting costs no promise and no turn of the event loop.
 */
export function andThen<T, U>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
