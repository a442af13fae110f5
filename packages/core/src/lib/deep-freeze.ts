/** Freezes a constant through and through: what everybody shares, nobody may change. */
export function deepFreeze<const T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object)
  }
  return Object.freeze(value)
}
