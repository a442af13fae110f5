import { isPlainObject } from './objects.ts'

/**
 * Returns whether two values are equal. Plain objects, arrays and byte arrays are compared by their content. All other values,
 * such as functions and instances of classes, are compared by identity.
 */
export function isSameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (a instanceof Uint8Array && b instanceof Uint8Array) return isSameList([...a], [...b])
  if (Array.isArray(a) && Array.isArray(b)) return isSameList(a, b)
  if (!isPlainObject(a) || !isPlainObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSameData(a[name], b[name]))
  )
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  // `Array.from` does not skip holes.
  return a.length === b.length && Array.from(a).every((entry, i) => isSameData(entry, b[i]))
}
