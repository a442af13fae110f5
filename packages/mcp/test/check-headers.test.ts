import { describe, expect, it } from 'vitest'
import type { RequestLike } from '@bearward/core'
import { fc } from '../../../test/support/property.ts'
import { checkHeaders } from '../src/check-headers.ts'
import { checkOrigin } from '../src/check-origin.ts'
import { readOperations } from '../src/read-operations.ts'
import { summarize } from './setup.ts'

/** Returns a request with these header lines. */
function withLines(...lines: readonly (readonly [name: string, value: string])[]): RequestLike {
  return { method: 'POST', url: '/mcp', rawHeaders: lines.flat(), headers: {} }
}

const call = (name: unknown) => ({ method: 'tools/call', params: { name } })

/** Compares headers with the messages of a body. */
function check(body: unknown, ...lines: readonly (readonly [name: string, value: string])[]) {
  return summarize(checkHeaders(withLines(...lines), readOperations(body).messages))
}

const toBase64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`
const PASSED = undefined
const METHOD = 'header_mismatch: a different method'
const NAME = 'header_mismatch: a different name'
const SEVERAL = 'header_mismatch: several header lines'
const MALFORMED = 'header_mismatch: malformed base64'

describe('checkHeaders', () => {
  it.each<[expected: string | undefined, body: unknown, lines: Record<string, string>]>([
    [PASSED, call('purge'), {}],
    [PASSED, 7, {}],
    [PASSED, call('purge'), { 'Mcp-Method': 'tools/call' }],
    [PASSED, call('purge'), { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'purge' }],
    [PASSED, call('purge'), { 'mcp-name': 'purge' }],
    [METHOD, call('purge'), { 'Mcp-Method': 'tools/list' }],
    [METHOD, call('purge'), { 'Mcp-Method': 'TOOLS/CALL' }],
    [METHOD, call('purge'), { 'Mcp-Method': '' }],
    [METHOD, 7, { 'Mcp-Method': 'tools/call' }],
    [METHOD, { method: 7 }, { 'Mcp-Method': '7' }],
    [NAME, call('purge'), { 'Mcp-Name': 'list' }],
    [NAME, call('purge'), { 'Mcp-Name': 'Purge' }],
    [NAME, call('purge'), { 'Mcp-Name': '' }],
    [NAME, call(' purge'), { 'Mcp-Name': 'purge' }],
    [PASSED, call(7), { 'Mcp-Name': 'list' }],
    [PASSED, { method: 'tools/list' }, { 'Mcp-Name': 'list' }],
    [PASSED, 7, { 'Mcp-Name': 'list' }],
    [
      PASSED,
      { method: 'resources/read', params: { uri: 'notes://a', name: 'b' } },
      { 'Mcp-Name': 'notes://a' },
    ],
    [NAME, { method: 'resources/read', params: { uri: 'notes://a' } }, { 'Mcp-Name': 'NOTES://a' }],
    [PASSED, [call('a'), call('a')], { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'a' }],
    [NAME, [call('a'), call('b')], { 'Mcp-Name': 'a' }],
    [METHOD, [call('a'), { method: 'ping' }], { 'Mcp-Method': 'tools/call' }],
    [PASSED, call('caf\u00e9'), { 'Mcp-Name': toBase64('caf\u00e9') }],
    // The same letter in decomposed form is another name.
    [NAME, call('caf\u00e9'), { 'Mcp-Name': toBase64('cafe\u0301') }],
    [PASSED, call(''), { 'Mcp-Name': '=?base64??=' }],
    [PASSED, call('=?base64?'), { 'Mcp-Name': '=?base64?' }],
    [PASSED, call('=?BASE64?YQ==?='), { 'Mcp-Name': '=?BASE64?YQ==?=' }],
    // A client must encode a name that looks like an encoded name. Otherwise, the guard decodes the header, and finds another
    // name.
    [NAME, call('=?base64?YQ==?='), { 'Mcp-Name': '=?base64?YQ==?=' }],
    [PASSED, call('=?base64?YQ==?='), { 'Mcp-Name': toBase64('=?base64?YQ==?=') }],
    // A byte order mark is part of the name.
    [NAME, call('a'), { 'Mcp-Name': toBase64('\ufeffa') }],
    [PASSED, call('\ufeffa'), { 'Mcp-Name': toBase64('\ufeffa') }],
  ])('checkHeaders returns %s for the body %j with the headers %j', (expected, body, lines) => {
    expect(check(body, ...Object.entries(lines))).toBe(expected)
  })

  it.each([
    ['missing padding', 'YQ'],
    ['a part of the padding', 'YQ='],
    ['too much padding', 'YQ==='],
    ['white space', 'Y Q=='],
    ['base64url', '_w=='],
    ['bits after the last byte', 'YR=='],
    ['other characters', 'Y.Q='],
    ['malformed UTF-8', Buffer.from([0x61, 0xff]).toString('base64')],
    ['an incomplete character of UTF-8', Buffer.from([0xc3]).toString('base64')],
    ['an overlong encoding', Buffer.from([0xc1, 0xa1]).toString('base64')],
    ['a surrogate', Buffer.from([0xed, 0xa0, 0x80]).toString('base64')],
  ])('checkHeaders rejects an encoded name with %s', (_what, encoded) => {
    expect(check(call('a'), ['Mcp-Name', `=?base64?${encoded}?=`])).toBe(MALFORMED)
  })

  it('checkHeaders rejects two lines of a header, even if both are equal', () => {
    const method = ['Mcp-Method', 'tools/call'] as const
    const name = ['Mcp-Name', 'purge'] as const
    expect(check(call('purge'), method, method)).toBe(SEVERAL)
    expect(check(call('purge'), name, method, name)).toBe(SEVERAL)
    expect(check(7, name, ['mcp-name', 'other'])).toBe(SEVERAL)
  })

  it('checkHeaders reads the body only if the request has one of the headers', () => {
    const never = () => {
      throw new Error('not expected')
    }
    expect(checkHeaders(withLines(['MCP-Protocol-Version', 'a']), never)).toBeUndefined()
    expect(() => checkHeaders(withLines(['Mcp-Method', 'a']), never)).toThrow('not expected')
  })

  it('checkHeaders accepts the encoded form of every name, and no other name', () => {
    const name = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(check(call(one), ['Mcp-Name', toBase64(one)])).toBe(PASSED)
        if (one !== other) expect(check(call(one), ['Mcp-Name', toBase64(other)])).toBe(NAME)
      }),
    )
  })

  it('checkHeaders returns a rejection or undefined for every text in the headers, and never throws', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.base64String().map((encoded) => `=?base64?${encoded}?=`),
      fc.string().map((inner) => `=?base64?${inner}?=`),
    )
    const lines = fc.array(fc.tuple(fc.constantFrom('Mcp-Method', 'Mcp-Name', 'mcp-name'), text), {
      maxLength: 3,
    })
    fc.assert(
      fc.property(lines, fc.jsonValue(), (all, body) => {
        const result = check(body, ...all)
        expect([PASSED, METHOD, NAME, SEVERAL, MALFORMED]).toContain(result)
      }),
    )
  })
})

describe('checkOrigin', () => {
  const OTHER = 'wrong_origin: an origin that is not allowed'
  const ALLOWED = ['https://app.example.com', 'http://localhost:3000']
  const checkLines = (origins: Parameters<typeof checkOrigin>[1], ...values: readonly string[]) =>
    summarize(checkOrigin(withLines(...values.map((value) => ['Origin', value] as const)), origins))

  it('checkOrigin accepts a request without Origin, and a request with one of the allowed origins', () => {
    for (const origins of [ALLOWED, [], () => false]) expect(checkLines(origins)).toBeUndefined()
    for (const origin of ALLOWED) expect(checkLines(ALLOWED, origin)).toBeUndefined()
  })

  const MALFORMED_ORIGIN = 'wrong_origin: a text that is not an origin'
  const SEVERAL_ORIGINS = 'wrong_origin: several origins'
  it.each([
    ['', MALFORMED_ORIGIN],
    ['*', MALFORMED_ORIGIN],
    ['app.example.com', MALFORMED_ORIGIN],
    ['https://app.example.com/', MALFORMED_ORIGIN],
    ['https://app.example.com, https://app.example.com', SEVERAL_ORIGINS],
    ['null', OTHER],
    ['https://app.example.com:443', OTHER],
    ['https://APP.example.com', OTHER],
    ['http://app.example.com', OTHER],
    ['https://app.example.com.evil.example', OTHER],
  ])('checkOrigin rejects the origin %j', (origin, expected) => {
    expect(checkLines(ALLOWED, origin)).toBe(expected)
    expect(checkLines([], origin)).toBe(expected)
  })

  it('checkOrigin rejects two Origin lines, even if both are equal', () => {
    expect(checkLines(ALLOWED, ALLOWED[0]!, ALLOWED[0]!)).toBe(SEVERAL_ORIGINS)
    expect(checkLines(() => true, ALLOWED[0]!, 'https://evil.example')).toBe(SEVERAL_ORIGINS)
  })

  it('checkOrigin does not call the function origins for a text that is not an origin', () => {
    const never = () => {
      throw new Error('not expected')
    }
    expect(checkLines(never, 'app')).toBe(MALFORMED_ORIGIN)
  })

  it('checkOrigin calls the function origins with the header, and uses its result', () => {
    const seen: string[] = []
    const origins = (origin: string) => seen.push(origin) > 0 && origin.endsWith('.example.com')
    expect(checkLines(origins, 'https://a.example.com')).toBeUndefined()
    expect(checkLines(origins, 'null')).toBe(OTHER)
    expect(seen).toEqual(['https://a.example.com', 'null'])
  })

  it('checkOrigin throws if the function origins does not return true or false, and handles a promise that rejects', () => {
    const message =
      'The function origins of createMcpGuard must return true or false. It cannot return a promise.'
    for (const result of [undefined, 1, 'yes', Promise.reject(new Error('no'))])
      expect(() => checkLines((() => result) as never, 'https://a.example')).toThrow(message)
  })
})
