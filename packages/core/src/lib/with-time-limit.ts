import type { Clock } from './clock.ts'

/** Returns the result of work, or the result of `onTimeout` if the work takes longer. A later result or error is ignored. */
export function withTimeLimit<T>(
  work: PromiseLike<T>,
  milliseconds: number,
  clock: Pick<Clock, 'after'>,
  onTimeout: () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(milliseconds, () => resolve(onTimeout()))
    const settle =
      <Value>(settleWith: (value: Value) => void) =>
      (value: Value) => {
        settleWith(value)
        cancel()
      }
    work.then(settle(resolve), settle(reject))
  })
}
