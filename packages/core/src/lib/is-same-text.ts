/**
 * Compares two ASCII texts. The time depends only on the length of `expected`, so it does not reveal how many characters
 * are equal.
 */
export function isSameText(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length
  for (let i = 0; i < expected.length; i++)
    difference |= expected.charCodeAt(i) ^ given.charCodeAt(i)
  return difference === 0
}
