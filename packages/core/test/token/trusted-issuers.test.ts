import { expect, it } from 'vitest'
import {
  findOpaqueTokenIssuer,
  type TrustedIssuer,
  findTrustedIssuer,
} from '../../src/token/trusted-issuers.ts'
import { Rejection } from '../../src/response/rejection.ts'
import { unusedKeys } from '../../src/keys/static-keys.ts'
import { summarize } from '../support/refusal.ts'
import { createSettings } from '../support/settings.ts'

const A = 'https://as.example.com'
const UNKNOWN = 'unknown_issuer: 401 invalid_token'

function createEntry(issuer: string): [string, TrustedIssuer] {
  const settings = createSettings({ issuer })
  return [issuer, { settings, keys: unusedKeys, introspection: undefined, dynamic: undefined }]
}
const issuers = new Map([
  createEntry(A),
  createEntry('https://b.example.com/t1'),
  createEntry('caf\u00e9'),
])

it('findTrustedIssuer returns the issuer whose identifier equals iss', () => {
  expect(findTrustedIssuer({ static: issuers, dynamic: undefined }, A)).toMatchObject({
    settings: { issuer: A },
  })
  expect(
    findTrustedIssuer({ static: issuers, dynamic: undefined }, 'https://b.example.com/t1'),
  ).toMatchObject({
    settings: { issuer: 'https://b.example.com/t1' },
  })
})

const OTHERS: readonly unknown[] = [
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
]

it.each(OTHERS.map((iss) => [iss]))('9068-05: findTrustedIssuer rejects the iss %j', (iss) => {
  expect(summarize(findTrustedIssuer({ static: issuers, dynamic: undefined }, iss))).toBe(UNKNOWN)
})

it.each([
  ['https://d.example.com', 'claimed "https://d.example.com"'],
  [undefined, 'nothing'],
  ['', 'claimed an empty string'],
  [{ sub: 'someone' }, 'claimed an object'],
])('findTrustedIssuer rejects the iss %j, and explains that it found $1', (iss, found) => {
  expect(findTrustedIssuer({ static: issuers, dynamic: undefined }, iss)).toMatchObject({
    explanation: { check: 'iss', found },
  })
})

it('findTrustedIssuer rejects an iss that is missing or not a string', () => {
  for (const iss of [undefined, null, 1, {}, { toString: A }]) {
    expect(summarize(findTrustedIssuer({ static: issuers, dynamic: undefined }, iss))).toBe(UNKNOWN)
  }
})

it('7519-44: findTrustedIssuer rejects an iss that equals an issuer only after normalization', () => {
  expect(summarize(findTrustedIssuer({ static: issuers, dynamic: undefined }, 'caf\u00e9'))).toBe(
    'passed',
  )
  for (const iss of ['cafe\u0301', 'https://b.example.com/%741', 'https://b.example.com./t1']) {
    expect(summarize(findTrustedIssuer({ static: issuers, dynamic: undefined }, iss))).toBe(UNKNOWN)
  }
  const escaped = new Map([createEntry('https://as.example.com/a%2Fb')])
  expect(
    summarize(
      findTrustedIssuer({ static: escaped, dynamic: undefined }, 'https://as.example.com/a%2fb'),
    ),
  ).toBe(UNKNOWN)
})

const opaque = new Map([
  [A, { ...createEntry(A)[1], settings: createSettings({ issuer: A, tokenFormat: 'opaque' }) }],
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
  ['a header in non-canonical base64url', `${encode(HEADER).slice(0, -1)}9.a.b`],
  ['a header that is cut off', `${encode(HEADER).slice(0, 13)}.a`],
  ['an empty header', 'e30.a.b'],
])(
  'findOpaqueTokenIssuer returns the given rejection for a token that begins with %s',
  (_, token) => {
    expect(findOpaqueTokenIssuer({ static: opaque, dynamic: undefined }, token, malformed)).toBe(
      malformed,
    )
  },
)

it.each([
  'abc',
  'a.b',
  'ab.cd.ef',
  'mF_9.B5f-4.1JqM',
  'ory_at_9.x',
  `${encode('[1]')}.a.b`,
  '.e30',
])('findOpaqueTokenIssuer returns the issuer of opaque tokens for the token %s', (token) => {
  expect(
    findOpaqueTokenIssuer({ static: opaque, dynamic: undefined }, token, malformed),
  ).toMatchObject({ settings: { issuer: A } })
})
