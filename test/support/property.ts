import * as fc from 'fast-check'

/** Property tests: the packages have `fast-check` from here, so that one version serves all of them. */
export { fc }

/** Any one character of a text. */
export const characterOf = (text: string): fc.Arbitrary<string> =>
  fc.constantFrom(...text.split(''))
