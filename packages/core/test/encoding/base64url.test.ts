import { describe, expect, it } from 'vitest'
import { characterOf, fc } from '../../../../test/support/property.ts'
import { hasCanonicalEnd, isCanonicalBase64url } from '../../src/encoding/base64url.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const letters = characterOf(ALPHABET)
const junk = fc.constantFrom('=', '+', '/', ' ', '\n', '\t', '.', '\u00e9', '\uff21', '\0')
const texts = fc.oneof(
  fc.string({ unit: letters }),
  fc.string({ unit: fc.oneof({ weight: 9, arbitrary: letters }, { weight: 1, arbitrary: junk }) }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
  fc.string({ unit: 'binary' }),
)

describe('isCanonicalBase64url', () => {
  it.each([
    ['YQ', true],
    ['YWE', true],
    ['YWFh', true],
    ['-_-_', true],
    ['AA', true],
    ['', false],
    ['Y', false],
    ['YWFhY', false],
    ['YR', false],
    ['YWF', false],
    ['YQ==', false],
    ['YQ\n', false],
    ['Y Q', false],
    ['+/+/', false],
    ['YQ.', false],
    ['\uff39Q', false],
  ])('%j: %s', (text, canonical) => {
    expect(isCanonicalBase64url(text)).toBe(canonical)
  })

  it('holds for exactly the texts that survive decoding and encoding', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const again = Buffer.from(text, 'base64url').toString('base64url')
        expect(isCanonicalBase64url(text)).toBe(text !== '' && again === text)
      }),
      { numRuns: 2000 },
    )
  })

  it('accepts one spelling of every last character, and no other', () => {
    for (const start of ['', 'Y', 'YW', 'YWF']) {
      const accepted = ALPHABET.split('').filter((last) => isCanonicalBase64url(start + last))
      const decoded = accepted.map((last) => Buffer.from(start + last, 'base64url').toString('hex'))
      expect(accepted).toHaveLength([0, 4, 16, 64][start.length]!)
      expect(new Set(decoded).size).toBe(accepted.length)
    }
  })
})

describe('hasCanonicalEnd', () => {
  it('is what remains of the check within the alphabet', () => {
    fc.assert(
      fc.property(fc.string({ unit: letters, minLength: 1 }), (text) => {
        expect(hasCanonicalEnd(text)).toBe(isCanonicalBase64url(text))
      }),
    )
  })
})
