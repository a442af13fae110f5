/** Compares two ASCII texts in a time that depends only on the length of `expected`. */
export function isSameText(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length
  for (let i = 0; i < expected.length; i++)
    difference |= expected.charCodeAt(i) ^ given.charCodeAt(i)
  return difference === 0
}
