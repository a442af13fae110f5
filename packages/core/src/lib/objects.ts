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

/** Returns whether a value is an object that is not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
