import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../../../../test/support/challenge-parser.ts'
import { fc } from '../../../../test/support/property.ts'
import {
  type ChallengeParameters,
  isQuotable,
  writeChallenge,
} from '../../src/response/challenge.ts'

const write = (parameters: ChallengeParameters) => writeChallenge({ scheme: 'Bearer', parameters })

describe('writeChallenge', () => {
  it('writeChallenge writes the given parameters in order, and omits undefined ones', () => {
    expect(write({ realm: 'api' })).toBe('Bearer realm="api"')
    const all = { realm: 'an api', error: 'e', error_description: 'A text.', scope: 'a b' }
    expect(write(all)).toBe(
      'Bearer realm="an api", error="e", error_description="A text.", scope="a b"',
    )
    expect(write({ realm: 'api', error: undefined, scope: '' })).toBe(
      'Bearer realm="api", scope=""',
    )
  })

  it.each([
    ['a quote', '"'],
    ['a backslash', '\\'],
    ['a line break', '\r\nSet-Cookie: a=b'],
    ['a null character', '\0'],
    ['a delete character', '\x7f'],
    ['a tab', '\t'],
    ['a letter of Latin-1', '\u00e9'],
    ['a letter outside Latin-1', '\u0100'],
    ['an emoji', '\ud83d\udc3b'],
  ])('writeChallenge throws a TypeError for a value that contains %s', (_, text) => {
    expect(isQuotable(`a${text}b`)).toBe(false)
    for (const name of ['realm', 'error', 'error_description', 'scope']) {
      const writing = () => write({ realm: 'api', [name]: `a${text}b` })
      expect(writing).toThrow(TypeError)
      expect(writing).toThrow(`The challenge parameter ${name} cannot be quoted.`)
    }
  })

  it('writeChallenge writes every quotable value so that a parser returns the same value', () => {
    const text = fc.string({ unit: 'binary-ascii' }).filter(isQuotable)
    fc.assert(
      fc.property(text, text, text, (realm, error, scope) => {
        expect(parseChallenges(write({ realm, error, scope }))).toEqual([
          {
            scheme: 'Bearer',
            parameters: [
              ['realm', realm],
              ['error', error],
              ['scope', scope],
            ],
          },
        ])
      }),
    )
  })
})

describe('isQuotable', () => {
  it('isQuotable accepts exactly the characters of RFC 6750 section 3', () => {
    const codes = Array.from({ length: 0x300 }, (_, code) => code)
    const quotable = codes.filter((code) => isQuotable(String.fromCharCode(code)))
    const within = (from: number, to: number) => codes.slice(from, to + 1)
    expect(quotable).toEqual([...within(0x20, 0x21), ...within(0x23, 0x5b), ...within(0x5d, 0x7e)])
  })
})

describe('parseChallenges of the test support', () => {
  it('parseChallenges parses one challenge or several, with quoted values and tokens', () => {
    expect(parseChallenges('Bearer')).toEqual([{ scheme: 'Bearer', parameters: [] }])
    expect(parseChallenges('Bearer a="b, c=\\"d\\"", e=f , DPoP algs="ES256 PS256",Basic')).toEqual(
      [
        {
          scheme: 'Bearer',
          parameters: [
            ['a', 'b, c="d"'],
            ['e', 'f'],
          ],
        },
        { scheme: 'DPoP', parameters: [['algs', 'ES256 PS256']] },
        { scheme: 'Basic', parameters: [] },
      ],
    )
  })

  it.each([
    '',
    ' ',
    ',',
    'Bearer ',
    ' Bearer',
    'Bearer,',
    'Bearer,,Basic',
    'a="b"',
    'Bearer a',
    'Bearer a=',
    'Bearer a="b',
    'Bearer a="b" c="d"',
    'Bearer a = "b"',
    'Bearer a="b"c',
    'Bearer a="b", A="c"',
    'Bearer a="\u00e9"',
    'Bearer a="b\\"',
    'Bearer a=b c',
    'Bearer a="b\r\n"',
    'Negotiate YQ==',
    'Bearer\ta="b"',
    'Bear(er a="b"',
  ])('parseChallenges throws a SyntaxError for a header that it cannot parse: %j', (value) => {
    expect(() => parseChallenges(value)).toThrow(SyntaxError)
  })
})
