/**
 * Calls a function while `Object.prototype` has these members, and returns its result. Make assertions after this call,
 * because the members would change the assertions, too.
 */
export function withPollutedPrototype<T>(members: object, call: () => T): T {
  Object.assign(Object.prototype, members)
  try {
    return call()
  } finally {
    for (const name of Object.keys(members)) Reflect.deleteProperty(Object.prototype, name)
  }
}
