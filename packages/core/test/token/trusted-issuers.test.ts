import { expect, it } from 'vitest'
import {
  findOpaqueTokenIssuer,
  type TrustedIssuer,
  findTrustedIssuer,
} from '../../src/token/trusted-issuers.ts'
import { Rejection } from '../../src/response/rejection.ts'
import { unusedKeys } from '../../src/keys/static-keys.ts'
import { summarize } from '../support/refusal.ts'
import { settingsWith } from '../support/settings.ts'

const A = 'https://as.example.com'
const UNKNOWN = 'unknown_issuer: 401 invalid_token'

function trusted(issuer: string): [string, TrustedIssuer] {
  const settings = settingsWith({ issuer })
  return [issuer, { settings, keys: unusedKeys, introspection: undefined }]
}
const issuers = new Map([trusted(A), trusted('https://b.example.com/t1'), trusted('caf\u00e9')])

it('picks the issuer that iss names', () => {
  expect(findTrustedIssuer(issuers, A)).toMatchObject({ settings: { issuer: A } })
  expect(findTrustedIssuer(issuers, 'https://b.example.com/t1')).toMatchObject({
    settings: { issuer: 'https://b.example.com/t1' },
  })
})

it.each([
  `${A}/`,
  'HTTPS://AS.EXAMPLE.COM',
  `${A}?x`,
  'http://as.example.com',
  'https://as.example.co',
  [A],
  `${A}:443`,
  `${A}%2F`,
  `${A}.evil.example`,
  `${A}@evil.example`,
  `${A}\0`,
  `${A} `,
  'https://as.\uff45xample.com',
  '',
  '__proto__',
  'constructor',
])('9068-05: picks none for %j', (iss) => {
  expect(summarize(findTrustedIssuer(issuers, iss))).toBe(UNKNOWN)
})

it.each([
  ['https://d.example.com', 'claimed "https://d.example.com"'],
  [undefined, 'nothing'],
  ['', 'claimed an empty string'],
  [{ sub: 'someone' }, 'claimed an object'],
])('shows the iss %j as claimed', (iss, found) => {
  expect(findTrustedIssuer(issuers, iss)).toMatchObject({ explanation: { check: 'iss', found } })
})

it('picks none where iss is missing or no string', () => {
  for (const iss of [undefined, null, 1, {}, { toString: A }]) {
    expect(summarize(findTrustedIssuer(issuers, iss))).toBe(UNKNOWN)
  }
})

it('7519-44: compares code point by code point, without normalizing', () => {
  expect(summarize(findTrustedIssuer(issuers, 'caf\u00e9'))).toBe('passed')
  for (const iss of ['cafe\u0301', 'https://b.example.com/%741', 'https://b.example.com./t1']) {
    expect(summarize(findTrustedIssuer(issuers, iss))).toBe(UNKNOWN)
  }
  const escaped = new Map([trusted('https://as.example.com/a%2Fb')])
  expect(summarize(findTrustedIssuer(escaped, 'https://as.example.com/a%2fb'))).toBe(UNKNOWN)
})

const opaque = new Map([
  [A, { ...trusted(A)[1], settings: settingsWith({ issuer: A, tokenFormat: 'opaque' }) }],
])
const malformed = new Rejection('malformed_token', { check: 'a', expected: 'b', found: 'c' })
const encode = (text: string) => Buffer.from(text).toString('base64url')
const HEADER = '{"alg":"RS256","enc":"A256GCM"}'

it.each([
  ['a header', `${encode(HEADER)}.a.b.c.d`],
  ['a header after a space', `${encode(` ${HEADER}`)}.a.b.c.d`],
  ['a header after line breaks and tabs', `${encode(`\r\n\t ${HEADER}`)}.a.b`],
  ['a header after a byte order mark', `${encode(`\ufeff${HEADER}`)}.a.b`],
  ['a header after a thousand spaces', `${encode(' '.repeat(1000) + HEADER)}.a.b`],
  ['a header in another spelling', `${encode(HEADER).slice(0, -1)}9.a.b`],
  ['a header that is cut off', `${encode(HEADER).slice(0, 13)}.a`],
  ['an empty header', 'e30.a.b'],
])('sends nowhere what begins with %s', (_, token) => {
  expect(findOpaqueTokenIssuer(opaque, token, malformed)).toBe(malformed)
})

it.each([
  'abc',
  'a.b',
  'ab.cd.ef',
  'mF_9.B5f-4.1JqM',
  'ory_at_9.x',
  `${encode('[1]')}.a.b`,
  '.e30',
])('takes %s for an opaque token', (token) => {
  expect(findOpaqueTokenIssuer(opaque, token, malformed)).toMatchObject({ settings: { issuer: A } })
})
