/** Freezes a constant and all objects in it, because all requests share it. */
export function deepFreeze<const T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object)
  }
  return Object.freeze(value)
}
