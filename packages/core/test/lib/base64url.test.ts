import { describe, expect, it } from 'vitest'
import { toCharacterAt, fc } from '../../../../test/support/property.ts'
import * as node from '../../src/lib/node-base64url.ts'
import * as portable from '../../src/lib/portable-base64url.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const characters = toCharacterAt(ALPHABET)
const invalid = fc.constantFrom(
  '=',
  '+',
  '/',
  ' ',
  '\n',
  '\t',
  '.',
  '\u00e9',
  '\uff21',
  '\u0141',
  '\0',
)
const texts = fc.oneof(
  fc.string({ unit: characters }),
  fc.string({
    unit: fc.oneof({ weight: 9, arbitrary: characters }, { weight: 1, arbitrary: invalid }),
  }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
  fc.string({ unit: 'binary' }),
)

/** Checks a text by RFC 4648 section 5: each character has 6 bits, and the surplus bits of the last one must be zero. */
function isCanonical(text: string): boolean {
  const values = Array.from(text).map((character) => ALPHABET.indexOf(character))
  const surplus = (values.length * 6) % 8
  const last = values.at(-1) ?? 0
  return !values.includes(-1) && surplus < 6 && last % 2 ** surplus === 0
}

describe.each([
  ['node-base64url', node],
  ['portable-base64url', portable],
])('%s', (_, { decodeBase64url, encodeBase64url, readBase64url }) => {
  it('decodeBase64url returns the bytes that encodeBase64url has encoded, and encodeBase64url encodes a text as UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect([...decodeBase64url(encodeBase64url(bytes))!]).toEqual([...bytes])
      }),
    )
    expect(encodeBase64url('\u00e9?>')).toBe('w6k_Pg')
  })

  it('decodeBase64url decodes the test vectors of RFC 4648 section 10, and both characters that differ from base64', () => {
    const vectors = {
      Zg: 'f',
      Zm8: 'fo',
      Zm9v: 'foo',
      Zm9vYg: 'foob',
      Zm9vYmE: 'fooba',
      Zm9vYmFy: 'foobar',
    }
    for (const [text, bytes] of Object.entries(vectors)) {
      expect(Buffer.from(decodeBase64url(text)!).toString('latin1')).toBe(bytes)
    }
    expect([...decodeBase64url('-_-_')!]).toEqual([0xfb, 0xff, 0xbf])
    expect([...decodeBase64url('')!]).toEqual([])
  })

  it('decodeBase64url decodes any bytes that Buffer has encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64url')
        expect([...decodeBase64url(text)!]).toEqual([...bytes])
      }),
    )
  })

  it.each(['Y', 'YWFhY', 'YR', 'YWF', 'YQ==', 'YQ\n', 'Y Q', '+/+/', 'YQ.', '\uff39Q', '\u0159Q'])(
    'decodeBase64url returns undefined for %j',
    (text) => expect(decodeBase64url(text)).toBeUndefined(),
  )

  it('decodeBase64url decodes exactly the texts that are the canonical encoding of their bytes', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(decodeBase64url(text) !== undefined).toBe(isCanonical(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('readBase64url reads the same bytes that decodeBase64url returns, even after longer texts', () => {
    const copy = (bytes: Uint8Array) => [...bytes]
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = decodeBase64url(text)
        expect(readBase64url(text, copy)).toEqual(bytes && [...bytes])
      }),
      { numRuns: 2000 },
    )
  })

  it.each([12_288, 12_289, 50_000])(
    'readBase64url reads a text that encodes %s bytes',
    (length) => {
      const bytes = Uint8Array.from({ length }, (_entry, i) => i)
      const text = Buffer.from(bytes).toString('base64url')
      expect(readBase64url(text, (each) => Buffer.from(each).equals(bytes))).toBe(true)
      expect(readBase64url(`${text}=`, () => true)).toBeUndefined()
    },
  )

  it('decodeBase64url accepts a last character only if its surplus bits are zero, and returns different bytes for each accepted character', () => {
    for (const start of ['', 'Y', 'YW', 'YWF']) {
      const decoded = ALPHABET.split('').flatMap((last) => decodeBase64url(start + last) ?? [])
      expect(decoded).toHaveLength([0, 4, 16, 64][start.length]!)
      expect(new Set(decoded.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(
        decoded.length,
      )
    }
  })
})
