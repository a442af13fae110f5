/**
 * Adds a getter to the promise for each of `members`. The getter throws a `TypeError`, because the promise must be awaited first.
 * In JavaScript without types, `promise.kind === 'refused'` would otherwise be `false` for every token. Returns the promise.
 */
export function mustBeAwaited<T>(promise: Promise<T>, members: readonly string[]): Promise<T> {
  const failing = members.map((member) => {
    const get = () => {
      // After this error, the caller does not await the promise. An unhandled rejection of the promise would end the process.
      promise.catch(() => {})
      throw new TypeError(`The result was not awaited, so it has no ${member}: write await.`)
    }
    // Enumerable, so that copying the members throws, too.
    return [member, { get, enumerable: true }] as const
  })
  return Object.defineProperties(promise, Object.fromEntries(failing))
}
