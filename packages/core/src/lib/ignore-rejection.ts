import { isThenable } from './is-thenable.ts'

/**
 * Handles the rejection of a promise that is not awaited. An unhandled rejection would end the process. Accepts any value: a
 * function of the application may be `async`, although its type says otherwise. The promise may come from another realm.
 */
export function ignoreRejection(value: unknown): void {
  if (!isThenable(value)) return
  Promise.resolve(value).catch(() => {})
}
