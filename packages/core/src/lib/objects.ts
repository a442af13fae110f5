/** Returns a copy of the own members of an object, without a prototype. The copy never has members of `Object.prototype`. */
export function copyOwnMembers(value: object): Record<string, unknown> {
  return { __proto__: null, ...value }
}

/** Returns an own member of an object, never a member of its prototype. */
export function getOwn(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return isOwn(object, name) ? object[name] : undefined
}

/**
 * Returns `value`, which was read from the member `name` of `object`. Returns `undefined` if the member is inherited. For a name
 * that is a constant, `ifOwn(object['a'], object, 'a')` is several times faster than `getOwn`.
 */
export function ifOwn<T>(value: T, object: object, name: string): T | undefined {
  return value === undefined || isOwn(object, name) ? value : undefined
}

/** Returns whether an object has an own member. Faster than `Object.hasOwn`. */
export function isOwn(object: object, name: string): boolean {
  return Object.prototype.hasOwnProperty.call(object, name)
}

/** Reads an own member or a member of the class. Returns `undefined` for a member of `Object.prototype`. */
export function getMember<T extends object, Name extends keyof T>(
  object: T,
  name: Name,
): T[Name] | undefined {
  const value = object[name]
  return value === (Object.prototype as Partial<T>)[name] ? undefined : value
}

/**
 * Returns whether a value is a plain object: `copyOwnMembers` copies all its members. An instance of a class, a Map and a
 * promise are not plain. Members that are inherited, not enumerable or named by a symbol are not allowed. The object may
 * come from another realm.
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

/** Adds a value to a set. Returns `false` if the set already contained the value. */
export function addIfMissing<T>(set: Set<T>, value: T): boolean {
  const { size } = set
  return set.add(value).size > size
}
