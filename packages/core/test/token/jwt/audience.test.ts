import { describe, expect, it } from 'vitest'
import { fc } from '../../../../../test/support/property.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import {
  type AcceptedAudiences,
  checkIntended,
  isEquivalentResource,
} from '../../../src/token/jwt/audience.ts'

const RESOURCE = 'https://api.example.com/v1'
const ROOT = 'https://api.example.com'

const derived: AcceptedAudiences = {
  audiences: [RESOURCE],
  isAudienceDerived: true,
  onlyAudience: false,
  audienceRequiredFrom: undefined,
}

const isAccepted = (aud: unknown, changes: Partial<AcceptedAudiences> = {}) =>
  checkIntended({ aud }, { ...derived, ...changes }) === undefined

/** The parts of an identifier: a scheme and a host in lower case, and a path, which can have a query. */
const identifiers = fc.record({
  scheme: fc.constantFrom('https', 'http'),
  host: fc.stringMatching(/^[a-z0-9]{1,8}(?:\.[a-z0-9]{1,8}){0,2}(?::[1-9]\d{0,3})?$/),
  path: fc.oneof(
    fc.constantFrom('', '/'),
    fc.stringMatching(/^(?:\/[A-Za-z0-9%._~-]{0,5}){1,3}$/),
    fc.stringMatching(/^\/[a-z]{0,3}\?[a-z=&]{0,5}$/),
  ),
})

const write = ({ scheme, host, path }: { scheme: string; host: string; path: string }) =>
  `${scheme}://${host}${path}`

/** Converts the letters at the given places to upper case. The list of places is repeated for a longer text. */
const withCase = (text: string, places: readonly boolean[]) =>
  text
    .split('')
    .map((letter, i) => (places[i % places.length] ? letter.toUpperCase() : letter))
    .join('')

describe('isEquivalentResource', () => {
  it.each([
    [RESOURCE, RESOURCE],
    [RESOURCE, 'HTTPS://api.example.com/v1'],
    [RESOURCE, 'https://API.EXAMPLE.COM/v1'],
    [ROOT, `${ROOT}/`],
    [`${ROOT}/`, ROOT],
    [`${ROOT}/?a`, 'https://API.example.com/?a'],
    ['https://k.example.com', 'https://K.example.com'],
    ['http://[::1]:3000/mcp', 'http://[::1]:3000/mcp'],
    ['http://[2001:db8::a]/mcp', 'HTTP://[2001:DB8::A]/mcp'],
  ])('isEquivalentResource returns true for %s and %s', (a, b) => {
    expect(isEquivalentResource(a, b)).toBe(true)
    expect(isEquivalentResource(b, a)).toBe(true)
  })

  it.each([
    ['a slash at the end of a path', RESOURCE, `${RESOURCE}/`],
    ['two slashes', ROOT, `${ROOT}//`],
    ['the case of the path', RESOURCE, `${ROOT}/V1`],
    ['the case of the query', `${ROOT}/?a`, `${ROOT}/?A`],
    ['a query', ROOT, `${ROOT}/?a`],
    ['an empty query', RESOURCE, `${RESOURCE}?`],
    ['a fragment', RESOURCE, `${RESOURCE}#a`],
    ['an empty fragment', ROOT, `${ROOT}#`],
    ['the default port', ROOT, `${ROOT}:443`],
    ['a port', ROOT, `${ROOT}:8443`],
    ['an empty port', ROOT, `${ROOT}:`],
    ['a user name', ROOT, 'https://user@api.example.com'],
    ['an empty user name', ROOT, 'https://@api.example.com'],
    ['a user name that looks like the host', ROOT, 'https://api.example.com@evil.example'],
    ['a user name and a password', ROOT, 'https://api.example.com:a@evil.example/'],
    ['http', ROOT, 'http://api.example.com'],
    ['another scheme', ROOT, 'xhttps://api.example.com'],
    ['a prefix of the path', RESOURCE, ROOT],
    ['a longer path', RESOURCE, `${RESOURCE}/a`],
    ['a dot segment', RESOURCE, `${ROOT}/a/../v1`],
    ['an escape', RESOURCE, `${ROOT}/%76%31`],
    ['a dot after the host', ROOT, 'https://api.example.com./'],
    ['a longer host', ROOT, 'https://api.example.com.evil.example'],
    ['a backslash', ROOT, 'https://api.example.com\\'],
    ['a backslash before the host of the resource', ROOT, 'https://evil.example\\@api.example.com'],
    ['one slash after the scheme', ROOT, 'https:/api.example.com'],
    ['three slashes after the scheme', ROOT, 'https:///api.example.com'],
    ['no scheme', ROOT, '//api.example.com'],
    ['only the host', ROOT, 'api.example.com'],
    ['a space at the end', ROOT, `${ROOT} `],
    ['a space at the beginning', ROOT, ` ${ROOT}`],
    ['a line end', ROOT, `${ROOT}\n`],
    ['a NUL', ROOT, `${ROOT}\0`],
    ['the Kelvin sign', 'https://k.example.com', 'https://\u212A.example.com'],
    ['a long s', 'https://s.example.com', 'https://\u017F.example.com'],
    ['a long s in the scheme', ROOT, 'http\u017F://api.example.com'],
    ['the dotted capital I', 'https://i.example.com', 'https://\u0130.example.com'],
    ['a full-width letter', 'https://a.example.com', 'https://\uFF21.example.com'],
    ['a full-width dot', ROOT, 'https://api\uFF0Eexample.com'],
    ['a soft hyphen', ROOT, 'https://api\u00ad.example.com'],
    ['an empty text', ROOT, ''],
  ])(
    'MCP-26: isEquivalentResource returns false for two identifiers with this difference: %s',
    (_what, a, b) => {
      expect(isEquivalentResource(a, b)).toBe(false)
      expect(isEquivalentResource(b, a)).toBe(false)
    },
  )

  it('MCP-13: isEquivalentResource returns true if only the case of scheme and host differs, and false if the case of another letter differs', () => {
    const places = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(identifiers, places, places, ({ scheme, host, path }, one, two) => {
        const other = { scheme: withCase(scheme, one), host: withCase(host, two), path }
        expect(isEquivalentResource(write({ scheme, host, path }), write(other))).toBe(true)
        const changed = withCase(path, one)
        expect(
          isEquivalentResource(write({ scheme, host, path }), write({ ...other, path: changed })),
        ).toBe(changed === path)
      }),
    )
  })

  it('MCP-26: isEquivalentResource returns true only if a reference implementation that compares the parts returns true', () => {
    /** Splits an identifier, and converts the ASCII letters of scheme and host to lower case by their code. */
    const toParts = (text: string) => {
      const lower = (part: string) =>
        Array.from(part, (one) => {
          const code = one.codePointAt(0)!
          return code >= 65 && code <= 90 ? String.fromCodePoint(code + 32) : one
        }).join('')
      const start = text.indexOf('://') + 3
      const end = text.split('').findIndex((one, i) => i >= start && '/?#'.includes(one))
      const path = end === -1 ? '' : text.slice(end)
      const host = end === -1 ? text.slice(start) : text.slice(start, end)
      return [lower(text.slice(0, start)), lower(host), path === '' ? '/' : path].join(' ')
    }
    const mutations = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => `${text}/`,
      (text) => text.replace(/\/$/, ''),
      (text) => text.toUpperCase(),
      (text) => text.replace('://', '://u@'),
      (text) => text.replace(/[a-z0-9]$/, ''),
      (text) => `${text}#`,
      (text) => `${text}:443`,
      (text) => text.replace('k', '\u212A'),
      (text) => text.replace('s', '\u017F'),
      (text) => text.replace('//', '/'),
    )
    let equal = 0
    fc.assert(
      fc.property(identifiers, mutations, (parts, mutate) => {
        const [a, b] = [write(parts), mutate(write(parts))]
        const expected = b.includes('://') && toParts(a) === toParts(b)
        if (expected && a !== b) equal++
        expect(isEquivalentResource(a, b)).toBe(expected)
      }),
      { numRuns: 2000 },
    )
    expect(equal).toBeGreaterThan(0)
  })

  it('isEquivalentResource is symmetric and transitive', () => {
    const spellings = fc
      .tuple(identifiers, fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }))
      .map(([parts, places]) => withCase(write(parts), places))
    fc.assert(
      fc.property(spellings, spellings, spellings, (a, b, c) => {
        expect(isEquivalentResource(a, b)).toBe(isEquivalentResource(b, a))
        if (isEquivalentResource(a, b) && isEquivalentResource(b, c))
          expect(isEquivalentResource(a, c)).toBe(true)
      }),
    )
  })
})

describe('checkIntended', () => {
  it('checkIntended compares aud byte for byte with an audience that is not derived from the option resource', () => {
    const written = { isAudienceDerived: false }
    expect(isAccepted(RESOURCE, written)).toBe(true)
    expect(isAccepted('HTTPS://api.example.com/v1', written)).toBe(false)
    expect(isAccepted(`${ROOT}/`, { audiences: [ROOT], isAudienceDerived: false })).toBe(false)
  })

  it('checkIntended compares audiences byte for byte if they are not addresses', () => {
    const accepted = { audiences: ['urn:Example:api', 'api'], isAudienceDerived: true }
    expect(isAccepted('api', accepted)).toBe(true)
    expect(isAccepted('urn:example:api', accepted)).toBe(false)
    expect(isAccepted('API', accepted)).toBe(false)
    expect(isAccepted('api/', accepted)).toBe(false)
  })

  it('checkIntended with onlyAudience accepts only audiences of this API', () => {
    const only = { onlyAudience: true }
    expect(isAccepted(RESOURCE, only)).toBe(true)
    expect(isAccepted([RESOURCE, 'HTTPS://API.example.com/v1'], only)).toBe(true)
    expect(isAccepted([RESOURCE, 'https://other.example.com'], only)).toBe(false)
    expect(isAccepted(['https://other.example.com', RESOURCE], only)).toBe(false)
    expect(isAccepted([], only)).toBe(false)
    expect(isAccepted(undefined, only)).toBe(false)
    const several = { audiences: [RESOURCE, 'urn:api'], onlyAudience: true }
    expect(isAccepted([RESOURCE, 'urn:api'], several)).toBe(true)
  })

  it('the explanation of checkIntended lists the accepted audiences, and begins with "only" if onlyAudience is set', () => {
    const explain = (changes: Partial<AcceptedAudiences>) =>
      checkIntended({ aud: ['x', RESOURCE] }, { ...derived, audiences: ['a', 'b'], ...changes })!
        .explanation
    expect(explain({})).toEqual({
      check: 'aud',
      expected: 'a or b',
      found: `"x", "${RESOURCE}"`,
    })
    expect(explain({ onlyAudience: true }).expected).toBe('only a or b')
  })

  it('checkIntended accepts a missing audience if audienceRequiredFrom is set, and rejects other audiences', () => {
    const from = { audienceRequiredFrom: 0 }
    for (const aud of [undefined, []]) expect(isAccepted(aud, from)).toBe(true)
    for (const aud of ['', [''], 'https://other.example.com', ['https://other.example.com']])
      expect(isAccepted(aud, from)).toBe(false)
  })

  it('checkIntended rejects a token that only inherits an aud from its prototype', () => {
    const claims = Object.create({ aud: RESOURCE }) as JsonObject
    expect(checkIntended(claims, derived)).toMatchObject({ reason: 'wrong_audience' })
  })
})
