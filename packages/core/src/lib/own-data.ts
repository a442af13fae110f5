/**
 * Copies constant data through and through, so that no member of `Object.prototype` is one of it. Patterns and functions stay
 * what they are.
 */
export function ownData<T>(data: T): T {
  if (Array.isArray(data)) return data.map(ownData) as T
  if (typeof data !== 'object' || data === null || data instanceof RegExp) return data
  const members = Object.entries(data).map(([name, value]) => [name, ownData(value as unknown)])
  return Object.assign(Object.create(null) as object, Object.fromEntries(members)) as T
}
