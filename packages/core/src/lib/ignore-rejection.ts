/**
 * Keeps a promise that nobody waits for from ending the process when it is rejected. Takes any value: a function of the
 * application may be `async` though its type says otherwise, and its promise may be of another realm.
 */
export function ignoreRejection(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('then' in value)) return
  Promise.resolve(value).catch(() => {})
}
