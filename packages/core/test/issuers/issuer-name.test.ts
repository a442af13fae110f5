import { expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { isIssuerName } from '../../src/issuers/issuer-name.ts'
import { LIMITS } from '../../src/limits.ts'

const BASE = 'https://login.example.com'
const { nameLength } = LIMITS.dynamicIssuers

it.each([
  BASE,
  `${BASE}/`,
  `${BASE}/tenants/acme`,
  `${BASE}/tenants/acme/`,
  `${BASE}:8443/acme`,
  'http://127.0.0.1:8080/acme',
  'https://[2001:db8::1]/acme',
  'https://xn--caf-dma.example.com/acme',
  `${BASE}/caf%C3%A9`,
  `${BASE}/a%2Fb`,
  `${BASE}/a:b;c=d,e`,
  `${BASE}/a//b`,
  `${BASE}/tenants/@acme`,
])('9068-05: isIssuerName accepts %s, which is a URL in its normal form', (name) => {
  expect(isIssuerName(name)).toBe(true)
})

const REFUSED: Readonly<Record<string, unknown>> = {
  'a user name': 'https://login.example.com@evil.example/',
  'a user name and a password': 'https://login.example.com:443@evil.example/',
  'a percent-encoded user name': 'https://login.example.com%2F@evil.example/',
  'a backslash before the path': 'https://evil.example\\.login.example.com/',
  'a backslash in the path': `${BASE}\\acme`,
  'one slash after the scheme': 'https:/login.example.com/acme',
  'three slashes after the scheme': 'https:///login.example.com/acme',
  'a host in upper case': 'https://LOGIN.example.com/acme',
  'a scheme in upper case': 'HTTPS://login.example.com/acme',
  'the default port of https': `${BASE}:443/acme`,
  'the default port of http': 'http://login.example.com:80/acme',
  'an empty port': `${BASE}:/acme`,
  'a port with leading zeros': `${BASE}:08443/acme`,
  'a segment of one dot': `${BASE}/./acme`,
  'a segment of two dots': `${BASE}/tenants/../acme`,
  'two dots at the end': `${BASE}/tenants/..`,
  'percent-encoded dots': `${BASE}/tenants/%2e%2e/acme`,
  'percent-encoded and plain dots': `${BASE}/tenants/.%2E/acme`,
  'a host with a letter that is not ASCII': 'https://caf\u00e9.example.com/acme',
  'a host with a full-width letter': 'https://login.\uff45xample.com/acme',
  'a host with a full-width dot': 'https://login\u3002example.com/acme',
  'a host with percent-encoding': 'https://login%2eexample.com/acme',
  'an IPv4 address in short form': 'https://127.1/acme',
  'an IPv4 address as a number': 'https://2130706433/acme',
  'a path with a letter that is not ASCII': `${BASE}/caf\u00e9`,
  'a query': `${BASE}/acme?tenant=other`,
  'an empty query': `${BASE}/acme?`,
  'a fragment': `${BASE}/acme#other`,
  'an empty fragment': `${BASE}/acme#`,
  'a space at the end': `${BASE}/acme `,
  'a space at the beginning': ` ${BASE}/acme`,
  'a space in the path': `${BASE}/ac me`,
  'a line feed at the end': `${BASE}/acme\n`,
  'a line feed in the host': 'https://login.\nexample.com/acme',
  'a carriage return': `${BASE}/ac\rme`,
  'a tab in the scheme': 'ht\ttps://login.example.com/acme',
  'a null character': `${BASE}/acme\0`,
  'a delete character': `${BASE}/acme\x7f`,
  'a soft hyphen in the host': 'https://lo\u00adgin.example.com/acme',
  'half a surrogate pair': `${BASE}/\ud800`,
  'a quotation mark': `${BASE}/"acme"`,
  'no host': 'https://',
  'a host that is not valid': 'https://a b/',
  'an address that is cut off': 'https://[2001:db8::1/acme',
  'another scheme': 'ftp://login.example.com/acme',
  'a scheme without a host': 'javascript:alert(1)',
  'no slash after the scheme': 'https:login.example.com',
  'a URN': 'urn:tenant:acme',
  'no scheme': 'login.example.com/acme',
  'an empty text': '',
  'the value undefined': undefined,
  null: null,
  'a number': 1,
  'an array': [BASE],
  'an object with toString': { toString: () => BASE },
  'a boxed text': Object(BASE),
  'a URL': new URL(BASE),
}

it.each(Object.entries(REFUSED))('9068-05: isIssuerName refuses %s', (_, name) => {
  expect(isIssuerName(name)).toBe(false)
})

it('isIssuerName accepts a name of 1024 characters, and refuses a name of 1025 characters', () => {
  const ofLength = (length: number) => `${BASE}/`.padEnd(length, 'a')
  expect(nameLength).toBe(1024)
  expect(isIssuerName(ofLength(nameLength))).toBe(true)
  expect(isIssuerName(ofLength(nameLength + 1))).toBe(false)
})

it('isIssuerName accepts a text only if the URL parser returns the part between :// and the next slash as host', () => {
  const parts = 'a login.example.com evil.example @ : / \\ ? # . %2e %40 443 \t \u00e9 [ ]'.split(
    ' ',
  )
  const part = fc.constantFrom(' ', ...parts)
  const text = fc.array(part, { maxLength: 8 }).map((list) => `https://${list.join('')}`)
  fc.assert(
    fc.property(fc.oneof(text, fc.webUrl(), fc.string()), (name) => {
      if (!isIssuerName(name)) return
      const url = new URL(name)
      expect(url.host).toBe(/^https?:\/\/([^/]*)/.exec(name)![1])
      expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', ''])
      expect([url.href, url.href.slice(0, -1)]).toContain(name)
    }),
    { numRuns: 2000 },
  )
})
