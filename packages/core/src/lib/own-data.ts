/**
 * Returns a deep copy whose objects have no prototype, so that a polluted `Object.prototype` adds no members. The copy
 * contains the same regular expressions and functions.
 */
export function copyOwnData<T>(data: T): T {
  if (Array.isArray(data)) return data.map(copyOwnData) as T
  if (typeof data !== 'object' || data === null || data instanceof RegExp) return data
  // A loop is faster than `Object.entries`. The time matters, because the tables of the core are copied at import.
  const copy = Object.create(null) as Record<string, unknown>
  for (const name of Object.keys(data)) copy[name] = copyOwnData(data[name as keyof T])
  return copy as T
}
