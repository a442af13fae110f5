/**
 * Returns a deep copy whose objects have no prototype, so that a polluted `Object.prototype` adds no members. The copy
 * contains the same regular expressions and functions.
 */
export function copyOwnData<T>(data: T): T {
  if (Array.isArray(data)) return data.map(copyOwnData) as T
  if (typeof data !== 'object' || data === null || data instanceof RegExp) return data
  const members = Object.entries(data).map(([name, value]) => [name, copyOwnData(value as unknown)])
  return Object.assign(Object.create(null) as object, Object.fromEntries(members)) as T
}
