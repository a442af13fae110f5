/**
 * Calls a function while `Object.prototype` has these members. Compare what it returns afterwards: assertions
 * would see the members, too.
 */
export function polluted<T>(members: object, call: () => T): T {
  Object.assign(Object.prototype, members)
  try {
    return call()
  } finally {
    for (const name of Object.keys(members)) Reflect.deleteProperty(Object.prototype, name)
  }
}
