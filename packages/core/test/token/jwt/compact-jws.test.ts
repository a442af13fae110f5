import { describe, expect, it } from 'vitest'
import { encodePart } from '../../../../../test/support/tokens.ts'
import { toCharacterAt, fc } from '../../../../../test/support/property.ts'
import { checkB64token } from '../../../src/token/b64token.ts'
import { parseCompactJws } from '../../../src/token/jwt/compact-jws.ts'
import { summarize } from '../../support/refusal.ts'

const MALFORMED = 'malformed_token: 401 invalid_token'

const HEADER = encodePart({ alg: 'ES256' })
const CLAIMS = encodePart({ iss: 'a', sub: 'b' })
const SIGNATURE = 'AQID'
const GOOD = `${HEADER}.${CLAIMS}.${SIGNATURE}`

const withHeader = (text: string) => `${encodePart(text)}.${CLAIMS}.${SIGNATURE}`
const withClaims = (text: string) => `${HEADER}.${encodePart(text)}.${SIGNATURE}`

describe('parseCompactJws', () => {
  it('parseCompactJws parses the example of RFC 7515 appendix A.1', () => {
    const input =
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9' +
      '.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
    const token = `${input}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`
    expect(parseCompactJws(token)).toEqual({
      token,
      header: { typ: 'JWT', alg: 'HS256' },
      claims: { iss: 'joe', exp: 1300819380, 'http://example.com/is_root': true },
      signingInput: input,
      signature: Buffer.from(
        '7418dfb49799e0254ffa607dd8adbbba16d4254d69d6bff05b58055853848d79',
        'hex',
      ),
    })
  })

  it.each([
    ['two parts', `${HEADER}.${CLAIMS}`],
    ['four parts', `${GOOD}.AQID`],
    ['four parts, and the last part is empty', `${GOOD}.`],
    ['five parts', `${GOOD}.AQID.AQID`],
    ['one part', HEADER],
    ['no header', `.${CLAIMS}.${SIGNATURE}`],
    ['no claims', `${HEADER}..${SIGNATURE}`],
    ['two dots', '..'],
    ['one dot', '.'],
    ['an empty text', ''],
    ['10,000 dots', '.'.repeat(10_000)],
  ])(
    '7515-01: parseCompactJws rejects a text that does not have three non-empty parts: %s',
    (_, token) => {
      expect(summarize(parseCompactJws(token))).toBe(MALFORMED)
    },
  )

  it('6750-04: parseCompactJws accepts only texts that are a b64token', () => {
    const parts = fc.constantFrom(HEADER, CLAIMS, SIGNATURE, '')
    const foreign = fc.oneof(
      { weight: 5, arbitrary: fc.constant('') },
      {
        weight: 1,
        arbitrary: fc.string({ unit: toCharacterAt('.=+/~, \t\n"\0\u00e9\u0130'), maxLength: 2 }),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 2 }) },
    )
    const tokens = fc
      .array(fc.tuple(foreign, parts, foreign), { minLength: 3, maxLength: 4 })
      .map((all) => all.map((each) => each.join('')).join('.'))
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof(tokens, fc.constant(GOOD)), (token) => {
        if (summarize(parseCompactJws(token)) !== 'passed') return
        accepted++
        expect(checkB64token(token)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
    expect(accepted).toBeGreaterThan(20)
  })

  it('7518-32: parseCompactJws rejects an empty signature', () => {
    expect(summarize(parseCompactJws(`${HEADER}.${CLAIMS}.`))).toBe(MALFORMED)
    expect(summarize(parseCompactJws(`${encodePart({ alg: 'none' })}.${CLAIMS}.`))).toBe(MALFORMED)
  })

  it('9068-16: parseCompactJws rejects a JWE as malformed', () => {
    const jwe = [encodePart({ alg: 'dir', enc: 'A128GCM' }), '', 'AQID', 'AQID', 'AQID'].join('.')
    expect(summarize(parseCompactJws(jwe))).toBe(MALFORMED)
  })

  it('8725bis-21: parseCompactJws rejects a JWS in JSON serialization', () => {
    const flattened = { protected: HEADER, payload: CLAIMS, signature: SIGNATURE }
    const general = {
      payload: CLAIMS,
      signatures: [{ protected: HEADER, signature: SIGNATURE }],
    }
    for (const token of [flattened, general].map((jws) => JSON.stringify(jws))) {
      expect(summarize(parseCompactJws(token))).toBe(MALFORMED)
      expect(summarize(parseCompactJws(encodePart(token)))).toBe(MALFORMED)
    }
  })

  describe.each([
    ['header', 0],
    ['claims set', 1],
    ['signature', 2],
  ] as const)('the %s', (name, index) => {
    const change = (edit: (part: string) => string) =>
      GOOD.split('.')
        .map((part, i) => (i === index ? edit(part) : part))
        .join('.')

    it.each([
      ['padding', (part: string) => `${part}=`],
      ['more padding', (part: string) => `${part}==`],
      ['a line break inside', (part: string) => `${part.slice(0, 2)}\n${part.slice(2)}`],
      ['a line break at the end', (part: string) => `${part}\n`],
      ['a leading space', (part: string) => ` ${part}`],
      ['a tab', (part: string) => `${part.slice(0, 2)}\t${part.slice(2)}`],
      ['a plus sign', (part: string) => `+${part.slice(1)}`],
      ['a slash', (part: string) => `/${part.slice(1)}`],
      ['a fullwidth letter', (part: string) => `\uff25${part.slice(1)}`],
      [
        'an impossible length',
        (part: string) => `${part}${'A'.repeat((5 - (part.length % 4)) % 4)}`,
      ],
    ])(`7515-02: parseCompactJws rejects a ${name} whose base64url has %s`, (_, edit) => {
      expect(summarize(parseCompactJws(GOOD))).toBe('passed')
      expect(summarize(parseCompactJws(change(edit)))).toBe(MALFORMED)
    })

    it(`7515-03: parseCompactJws accepts a ${name} only if its base64url is canonical`, () => {
      const spellings = [
        'eyJhIjoxfQ',
        'eyJhIjoxfR',
        'eyJhIjoxfS',
        'eyJhIjoxff',
        'eyJhIjoxfSA',
        'eyJhIjoxfSB',
      ]
      const results = spellings.map((part) => summarize(parseCompactJws(change(() => part))))
      expect(results).toEqual(['passed', ...Array(3).fill(MALFORMED), 'passed', MALFORMED])
    })
  })

  it.each([
    ['an array', '[]'],
    ['a string', '"x"'],
    ['null', 'null'],
    ['a number', '1'],
    ['two objects', '{} {}'],
    ['a trailing comma', '{"alg":"ES256",}'],
    ['a byte order mark', '\ufeff{"alg":"ES256"}'],
    ['a comment', '{"alg":"ES256"/**/}'],
    ['a space only', ' '],
  ])(
    '7515-04, 7519-36: parseCompactJws rejects a header or claims set that is not one JSON object: %s',
    (_, text) => {
      expect(summarize(parseCompactJws(withHeader(text)))).toBe(MALFORMED)
      expect(summarize(parseCompactJws(withClaims(text)))).toBe(MALFORMED)
    },
  )

  it.each(['{"alg":"ES256","alg":"none"}', '{"alg":"ES256","\\u0061lg":"none"}'])(
    '7515-05: parseCompactJws rejects a duplicate header parameter: %s',
    (text) => expect(summarize(parseCompactJws(withHeader(text)))).toBe(MALFORMED),
  )

  it.each(['{"sub":"a","sub":"b"}', '{"sub":"a","s\\u0075b":"b"}'])(
    '7519-37: parseCompactJws rejects a duplicate claim: %s',
    (text) => expect(summarize(parseCompactJws(withClaims(text)))).toBe(MALFORMED),
  )

  it('7519-47: parseCompactJws decodes JSON escapes in the names of claims', () => {
    const jws = parseCompactJws(withClaims('{"\\u0069ss":"a"}'))
    expect(jws).toMatchObject({ claims: { iss: 'a' } })
    expect(summarize(parseCompactJws(withClaims('{"\\u0069ss":"a","iss":"b"}')))).toBe(MALFORMED)
  })

  it('8725-11: parseCompactJws rejects JSON in encodings other than UTF-8', () => {
    const text = '{"alg":"ES256"}'
    const encodings = [
      Buffer.from(text, 'utf16le'),
      Buffer.from(text, 'utf16le').swap16(),
      Buffer.from(text.split('').flatMap((character) => [character.charCodeAt(0), 0, 0, 0])),
      Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from('"}')]),
    ]
    for (const bytes of encodings) {
      const part = encodePart(bytes)
      expect(summarize(parseCompactJws(`${part}.${CLAIMS}.${SIGNATURE}`))).toBe(MALFORMED)
      expect(summarize(parseCompactJws(`${HEADER}.${part}.${SIGNATURE}`))).toBe(MALFORMED)
    }
  })

  it('parseCompactJws does not throw for random texts, and its rejections contain no claim', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: toCharacterAt('eyJ0A.-_=') }),
      fc.tuple(fc.string(), fc.string()).map(([a, b]) => `${encodePart(a)}.${encodePart(b)}.AQID`),
      fc.json().map((claims) => withClaims(`{"s3cret":${claims}`)),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseCompactJws(text)
        if (summarize(result) !== 'passed') expect(JSON.stringify(result)).not.toContain('s3cret')
      }),
      { numRuns: 500 },
    )
  })
})
