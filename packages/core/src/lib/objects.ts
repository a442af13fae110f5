/** The own members of an object, without a prototype: nothing of `Object.prototype` is ever among them. */
export function ownMembers(value: object): Record<string, unknown> {
  return { __proto__: null, ...value }
}

/** Reads a member that is not one of `Object.prototype`: it may be its own, or belong to its class. */
export function getMember<T extends object, Name extends keyof T>(
  object: T,
  name: Name,
): T[Name] | undefined {
  const value = object[name]
  return value === (Object.prototype as Partial<T>)[name] ? undefined : value
}

/**
 * Returns whether a value is an object whose members `ownMembers` finds all: not an instance of a class, a Map or a
 * promise, without members that are inherited, hidden or named by a symbol. It may be of another realm.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain =
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null &&
      Object.hasOwn(prototype as object, 'isPrototypeOf'))
  return isPlain && Reflect.ownKeys(value).length === Object.keys(value).length
}

/** Returns whether a value is an object that is not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Adds a value to a set. Returns whether it was not in there. */
export function addNew<T>(set: Set<T>, value: T): boolean {
  const { size } = set
  return set.add(value).size > size
}
