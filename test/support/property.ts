import * as fc from 'fast-check'

/** The module `fast-check`. All packages import it from here, so they use the same version. */
export { fc }

/** Returns an arbitrary that generates one of the characters of a text. */
export const toCharacterAt = (text: string): fc.Arbitrary<string> =>
  fc.constantFrom(...text.split(''))
