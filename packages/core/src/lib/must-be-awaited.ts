/**
 * Makes a promise fail closed where it is used as its result. Without types, `promise.kind === 'refused'` is `false` for
 * every token. Reading one of `members` now throws a `TypeError` that says to await the promise.
 */
export function mustBeAwaited<T>(promise: Promise<T>, members: readonly string[]): Promise<T> {
  const failing = members.map((member) => {
    const get = () => {
      // Nobody will handle it any more, and that must not end the process.
      promise.catch(() => {})
      throw new TypeError(`The result was not awaited, so it has no ${member}: write await.`)
    }
    // Enumerable, so that a copy of the members throws as well.
    return [member, { get, enumerable: true }] as const
  })
  return Object.defineProperties(promise, Object.fromEntries(failing))
}
