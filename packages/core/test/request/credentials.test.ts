import { describe, expect, it } from 'vitest'
import { toCharacterAt, fc } from '../../../../test/support/property.ts'
import type { RequestLike } from '../../src/index.ts'
import { parseCredentials } from '../../src/request/credentials.ts'
import { Rejection } from '../../src/response/rejection.ts'
import { checkB64token } from '../../src/token/b64token.ts'
import { summarize } from '../support/refusal.ts'

const MALFORMED = 'malformed_credentials: 400 invalid_request'
const MULTIPLE = 'multiple_credentials: 400 invalid_request'
const OTHER_SCHEME = 'unsupported_scheme: 401'
const NO_CREDENTIALS = 'no_credentials: 401'

/** Returns the token of a request with these `Authorization` lines, as Node passes them, or a rejection. */
function read(...values: string[]): string | Rejection {
  return readFrom({
    method: 'GET',
    url: '/?access_token=from-the-query',
    rawHeaders: ['Host', 'api', ...values.flatMap((value) => ['Authorization', value])],
    headers: {},
  })
}

/** Parses the credentials of a request and checks the syntax of the token, as the pipeline does. */
function readFrom(request: RequestLike): string | Rejection {
  const credentials = parseCredentials(request)
  if (credentials instanceof Rejection) return credentials
  const { scheme, token } = credentials
  expect(scheme).toBe('Bearer')
  return checkB64token(token) ?? token
}

describe('parseCredentials', () => {
  it('parseCredentials returns no_credentials without an Authorization header, and ignores other headers and the query', () => {
    expect(summarize(read())).toBe(NO_CREDENTIALS)
    const rejection = readFrom({
      method: 'POST',
      url: '/?access_token=t',
      rawHeaders: ['Proxy-Authorization', 'Bearer t', 'X-Authorization', 'Bearer t'],
      headers: { 'proxy-authorization': 'Bearer t', 'x-authorization': 'Bearer t' },
    })
    expect(summarize(rejection)).toBe(NO_CREDENTIALS)
    expect(rejection).toMatchObject({
      explanation: { check: 'Authorization', expected: 'an access token', found: 'nothing' },
    })
  })

  it('6750-01: parseCredentials returns the token after the Bearer scheme', () => {
    expect(read('Bearer mF_9.B5f-4.1JqM')).toBe('mF_9.B5f-4.1JqM')
    expect(read('Bearer a~+/b==')).toBe('a~+/b==')
  })

  it.each(['bearer', 'BEARER', 'bEaReR'])(
    '6750-02: parseCredentials ignores the case of the scheme: %s',
    (scheme) => {
      expect(read(`${scheme} a.b.c`)).toBe('a.b.c')
    },
  )

  it('6750-03: parseCredentials and checkB64token accept one or more spaces before the token, and reject a tab', () => {
    expect(read('Bearer  a.b.c')).toBe('a.b.c')
    expect(read(`Bearer${' '.repeat(1000)}a.b.c`)).toBe('a.b.c')
    expect(summarize(read('Bearer\ta.b.c'))).toBe(MALFORMED)
    expect(summarize(read('Bearer \ta.b.c'))).toBe(MALFORMED)
  })

  it('6750-04: parseCredentials and checkB64token reject a token that is not a b64token', () => {
    const others = [
      'a b',
      '"a"',
      '%41',
      'a=b',
      '\u00e9',
      '\0',
      'a\0',
      '=',
      'a ',
      'a\n',
      '{a}',
      'a;b',
    ]
    for (const credentials of others) {
      expect(summarize(read(`Bearer ${credentials}`))).toBe(MALFORMED)
    }
    expect(summarize(read('Bearer a,b'))).toBe(MULTIPLE)
  })

  it.each(['Bearer', 'Bearer ', 'bearer   '])(
    '6750-05: parseCredentials or checkB64token rejects the header %j, which has no token',
    (value) => {
      expect(summarize(read(value))).toBe(MALFORMED)
    },
  )

  it.each(['Basic dTpw', 'DPoP a.b.c', 'Digest a="b", c="d"', 'BearerT', 'BearerT a', 'Negotiate'])(
    '6750-09: parseCredentials rejects a scheme that is not Bearer with 401 and without an error code: %s',
    (value) => expect(summarize(read(value))).toBe(OTHER_SCHEME),
  )

  it.each(['', ' ', ' Bearer a', '"Bearer" a', ',', '=', 'Bearer=a', 'Bearer:a', '\uff22earer a'])(
    'parseCredentials rejects an Authorization header that does not begin with a scheme and a space: %j',
    (value) => expect(summarize(read(value))).toBe(MALFORMED),
  )

  it('6750-30: parseCredentials rejects two header lines, even if both are equal', () => {
    expect(summarize(read('Bearer a', 'Bearer a'))).toBe(MULTIPLE)
    expect(summarize(read('Bearer a', 'Bearer b'))).toBe(MULTIPLE)
    expect(summarize(read('Basic a', 'Bearer b'))).toBe(MULTIPLE)
    expect(summarize(read('', ''))).toBe(MULTIPLE)
    const headers = { authorization: ['Bearer a', 'Bearer a'] }
    expect(summarize(readFrom({ method: 'GET', url: '/', headers }))).toBe(MULTIPLE)
  })

  it.each([
    'Bearer a, Bearer b',
    'Bearer a,Bearer a',
    'Bearer a,DPoP b',
    'Basic a, Bearer b',
    'DPoP a,\tdpop b',
  ])(
    '6750-31: parseCredentials or checkB64token rejects two credentials that a proxy has joined with a comma: %j',
    (value) => expect(summarize(read(value))).toBe(MULTIPLE),
  )

  it.each<[name: string, found: string, value: unknown]>([
    ['5', 'a number', 5],
    ['0', 'a number', 0],
    ['NaN', 'a number', NaN],
    ['true', 'a boolean', true],
    ['false', 'a boolean', false],
    ['a symbol', 'a symbol', Symbol('Bearer a')],
    ['a function', 'a function', () => 'Bearer a'],
    ['an empty object', 'an object', {}],
    ['a String object', 'an object', new String('Bearer a')],
    ['an object that converts to a string', 'an object', { toString: () => 'Bearer a' }],
    ['bytes', 'an object', Buffer.from('Bearer a')],
    ['a promise', 'an object', Promise.resolve('Bearer a')],
  ])(
    'parseCredentials rejects %s in Authorization, and explains that it is %s',
    (_, found, value) => {
      const from = (parts: object) => readFrom({ method: 'GET', url: '/', headers: {}, ...parts })
      const rejections = [
        from({ headers: { authorization: value } }),
        from({ headers: { AUTHORIZATION: value } }),
        from({ headers: { authorization: [value] } }),
        from({ headers: { get: () => value } }),
        from({ rawHeaders: ['Authorization', value] }),
      ]
      for (const rejection of rejections) {
        expect(summarize(rejection)).toBe(MALFORMED)
        expect(rejection).toMatchObject({ explanation: { expected: 'a string', found } })
      }
    },
  )

  it.each<[name: string, found: string, value: unknown]>([
    ['an array with a string', 'an array', [['Bearer a']]],
    ['an empty array', 'an array', [[]]],
    ['null', 'null', [null]],
    ['undefined', 'nothing', [undefined]],
  ])(
    'parseCredentials rejects a list of Authorization values that contains %s, and explains that it found %s',
    (_, found, authorization) => {
      const headers = { authorization } as never
      const rejection = readFrom({ method: 'GET', url: '/', headers })
      expect(summarize(rejection)).toBe(MALFORMED)
      expect(rejection).toMatchObject({ explanation: { expected: 'a string', found } })
    },
  )

  it('parseCredentials accepts a token of 16384 characters, and rejects a longer token, even if it contains a comma', () => {
    expect(read(`Bearer ${'a'.repeat(16_384)}`)).toBe('a'.repeat(16_384))
    expect(summarize(read(`Bearer ${'a'.repeat(16_385)}`))).toBe(
      'token_too_long: 401 invalid_token',
    )
    expect(summarize(read(`Bearer ${'a'.repeat(16_384)},`))).toBe(MULTIPLE)
  })

  it('parseCredentials and checkB64token return a result for every string, and accept only the grammar of RFC 6750', () => {
    const scheme = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('Bearer', 'bearer', 'BEARER') },
      { weight: 1, arbitrary: fc.string() },
    )
    const separator = fc.constantFrom(' ', ' ', '  ', '', '\t', ', ', '=')
    const token = fc.oneof(
      fc.string({ unit: toCharacterAt('aZ09-._~+/'), minLength: 1 }),
      fc.string({ unit: toCharacterAt('aZ09-._~+/= ,"\0\u00e9') }),
    )
    const end = fc.constantFrom('', '', '=', '==', ' ', '\n', ', Bearer a')
    const values = fc.oneof(
      { weight: 9, arbitrary: fc.tuple(scheme, separator, token, end) },
      { weight: 1, arbitrary: fc.tuple(fc.string({ unit: 'binary' })) },
    )
    let accepted = 0
    fc.assert(
      fc.property(values, (parts) => {
        const value = parts.join('')
        const credentials = read(value)
        if (summarize(credentials) !== 'passed') return
        accepted++
        const grammar = /^bearer\x20+((?:[A-Z]|[a-z]|[0-9]|-|\.|_|~|\+|\/)+=*)$/i
        expect(credentials).toBe(grammar.exec(value)?.[1])
      }),
      { numRuns: 1000 },
    )
    expect(accepted).toBeGreaterThan(20)
  })
})
