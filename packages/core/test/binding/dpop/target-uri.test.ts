import { describe, expect, it } from 'vitest'
import { fc } from '../../../../../test/support/property.ts'
import { getTargetPath, normalizeTarget } from '../../../src/binding/dpop/target-uri.ts'

const HOST = 'https://api.example.com'

/** Pairs of addresses that are equal (RFC 3986 sections 6.2.2 and 6.2.3). */
const EQUAL: readonly (readonly [string, string])[] = [
  [`${HOST}/r`, `${HOST}/r`],
  [HOST, `${HOST}/`],
  [`${HOST}?x=1`, `${HOST}/`],
  [`${HOST}#z`, `${HOST}/`],
  [`${HOST}/r?x=1`, `${HOST}/r`],
  [`${HOST}/r?y=2#z`, `${HOST}/r?x=1`],
  [`${HOST}/r#?x`, `${HOST}/r`],
  ['HTTPS://API.EXAMPLE.COM:443/v1/%7ea/./b', `${HOST}/v1/~a/b`],
  ['HTTPS://api.example.com/r', `${HOST}/r`],
  ['https://API.example.COM/r', `${HOST}/r`],
  [`${HOST}:443/r`, `${HOST}/r`],
  [`${HOST}:/r`, `${HOST}/r`],
  [`${HOST}:0443/r`, `${HOST}/r`],
  ['http://api.example.com:80/r', 'http://api.example.com/r'],
  [`${HOST}:8443/r`, `${HOST}:8443/r`],
  [`${HOST}:08443/r`, `${HOST}:8443/r`],
  [`${HOST}/%61`, `${HOST}/a`],
  [`${HOST}/%41%5a`, `${HOST}/AZ`],
  [`${HOST}/%30%39`, `${HOST}/09`],
  [`${HOST}/%2d%2E%5f%7E`, `${HOST}/-._~`],
  [`${HOST}/a%2fb`, `${HOST}/a%2Fb`],
  [`${HOST}/%c3%a9`, `${HOST}/%C3%A9`],
  [`${HOST}/%3a%40`, `${HOST}/%3A%40`],
  [`${HOST}/./a`, `${HOST}/a`],
  [`${HOST}/a/.`, `${HOST}/a/`],
  [`${HOST}/a/..`, `${HOST}/`],
  [`${HOST}/a/b/..`, `${HOST}/a/`],
  [`${HOST}/a/../b`, `${HOST}/b`],
  [`${HOST}/../a`, `${HOST}/a`],
  [`${HOST}/../../a`, `${HOST}/a`],
  [`${HOST}/a/b/c/./../../g`, `${HOST}/a/g`],
  [`${HOST}/a/%2e%2E/b`, `${HOST}/b`],
  [`${HOST}/a/.%2e/b`, `${HOST}/b`],
  [`${HOST}/%2e/a`, `${HOST}/a`],
  [`${HOST}/a//../b`, `${HOST}/a/b`],
  [`${HOST}/{a}|"^\``, `${HOST}/%7Ba%7D%7C%22%5E%60`],
  ['https://[2001:DB8::1]/r', 'https://[2001:db8::1]/r'],
  ['https://[2001:db8::1]:443/r', 'https://[2001:db8::1]/r'],
]

/** Pairs of addresses that are different. */
const DIFFERENT: readonly (readonly [string, string])[] = [
  ['http://api.example.com/r', `${HOST}/r`],
  ['https://www.example.com/r', `${HOST}/r`],
  ['https://api.example.com.evil.example/r', `${HOST}/r`],
  ['https://api.example.com./r', `${HOST}/r`],
  [`${HOST}:8443/r`, `${HOST}/r`],
  [`${HOST}:80/r`, `${HOST}/r`],
  ['http://api.example.com:443/r', `${HOST}/r`],
  [`${HOST}/R`, `${HOST}/r`],
  [`${HOST}/r/`, `${HOST}/r`],
  [`${HOST}//r`, `${HOST}/r`],
  [`${HOST}/r//`, `${HOST}/r/`],
  [`${HOST}/a%2Fb`, `${HOST}/a/b`],
  [`${HOST}/a%2F..%2Fb`, `${HOST}/b`],
  [`${HOST}/a%3Fb`, `${HOST}/a?b`],
  [`${HOST}/a%23b`, `${HOST}/a#b`],
  [`${HOST}/%252e`, `${HOST}/%2e`],
  [`${HOST}/%2541`, `${HOST}/A`],
  [`${HOST}/a;x=1`, `${HOST}/a`],
  [`${HOST}/a+b`, `${HOST}/a%20b`],
  [`${HOST}/%C3%A9`, `${HOST}/e%CC%81`],
  [`${HOST}/...`, `${HOST}/`],
  [`${HOST}/.a`, `${HOST}/a`],
  ['https://[2001:db8::1]/r', 'https://[2001:db8::2]/r'],
]

/** Texts that are not the address of a request. */
const REFUSED: readonly (readonly [name: string, text: string])[] = [
  ['a user name', 'https://user@api.example.com/r'],
  ['a user name and a password', 'https://user:pass@api.example.com/r'],
  ['an empty user name', 'https://@api.example.com/r'],
  ['a host after a user name', 'https://api.example.com@evil.example/r'],
  ['a backslash in the path', `${HOST}/a\\b`],
  ['a backslash after the scheme', 'https:\\\\api.example.com/r'],
  ['a backslash in the host', 'https://api.example.com\\@evil.example/r'],
  ['another scheme', 'ftp://api.example.com/r'],
  ['the scheme javascript', 'javascript://api.example.com/%0Aalert(1)'],
  ['no scheme', 'api.example.com/r'],
  ['a relative address', '/r'],
  ['an address without scheme', '//api.example.com/r'],
  ['no host', 'https:///r'],
  ['one slash', 'https:/api.example.com/r'],
  ['no host before a port', 'https://:443/r'],
  ['a port with letters', 'https://api.example.com:4a3/r'],
  ['a negative port', 'https://api.example.com:-443/r'],
  ['an encoded host', 'https://api%2eexample.com/r'],
  ['an open bracket', 'https://[::1/r'],
  ['text after a bracket', 'https://[::1]x/r'],
  ['an incomplete encoding', `${HOST}/%4`],
  ['an encoding without digits', `${HOST}/%zz`],
  ['a percent sign', `${HOST}/%`],
  ['a space', `${HOST}/a b`],
  ['a leading space', ` ${HOST}/a`],
  ['a tab', `${HOST}/a\tb`],
  ['a line break', `${HOST}/a\nb`],
  ['a line break in the host', 'https://api.exam\nple.com/r'],
  ['a NUL', `${HOST}/a\0`],
  ['a letter that is not ASCII', `${HOST}/\u00e9`],
  ['a host that is not ASCII', 'https://\u00e4pi.example.com/r'],
  ['a DEL', `${HOST}/\x7f`],
  ['an empty text', ''],
  ['2049 characters before the query', `${HOST}/${'a'.repeat(2049 - HOST.length - 1)}`],
]

describe('normalizeTarget', () => {
  it('9449-09, 9449-11: the tables of equal and different addresses have at least 60 pairs', () => {
    expect(EQUAL.length + DIFFERENT.length).toBeGreaterThanOrEqual(60)
  })

  it.each(EQUAL)('9449-09, 9449-11: normalizeTarget makes %s and %s equal', (a, b) => {
    expect(normalizeTarget(a)).toBeDefined()
    expect(normalizeTarget(a)).toBe(normalizeTarget(b))
  })

  it.each(DIFFERENT)('9449-10, 9449-11: normalizeTarget keeps %s and %s different', (a, b) => {
    expect(normalizeTarget(a)).toBeDefined()
    expect(normalizeTarget(b)).toBeDefined()
    expect(normalizeTarget(a)).not.toBe(normalizeTarget(b))
  })

  it.each(REFUSED)(
    '9449-12: normalizeTarget returns undefined for a text that is not the address of a request: %s',
    (_, text) => {
      expect(normalizeTarget(text)).toBeUndefined()
    },
  )

  it('normalizeTarget accepts an address of 2048 characters', () => {
    expect(normalizeTarget(`${HOST}/${'a'.repeat(2048 - HOST.length - 1)}`)).toBeDefined()
  })

  it('normalizeTarget never throws for random texts, and returns a normalized address unchanged', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9%./;~?#@:\\[\]-]{0,12}$/)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          part.map((path) => `${HOST}/${path}`),
        ),
        (text) => {
          const normalized = normalizeTarget(text)
          if (normalized === undefined) return
          expect(normalizeTarget(normalized)).toBe(normalized)
          expect(normalized).toMatch(/^https?:\/\/[^/?#@\\]+\/[^?#\\]*$/)
          expect(normalized).not.toMatch(/\/\.{1,2}(?:\/|$)/)
        },
      ),
    )
  })

  it('normalizeTarget returns the same host and path as the URL class of the runtime if the path has no encodings', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_~-][A-Za-z0-9_~-]{0,5}$/)
    fc.assert(
      fc.property(fc.array(fc.oneof(segment, fc.constantFrom('.', '..', ''))), (segments) => {
        const address = `https://API.example.com:443/${segments.join('/')}`
        const { origin, pathname } = new URL(address)
        expect(normalizeTarget(address)).toBe(origin + pathname)
      }),
    )
  })
})

describe('getTargetPath', () => {
  it.each([
    ['/r', '/r'],
    ['/r?x=1', '/r'],
    ['/r#z', '/r'],
    ['/%7e%2f', '/~%2F'],
    ['/{a}', '/%7Ba%7D'],
    ['/', '/'],
    ['//evil.example/r', '//evil.example/r'],
    ['http://evil.example/r?x=1', '/r'],
    ['https://evil.example', '/'],
  ])(
    'getTargetPath returns the path of the request target %s, and never its host',
    (target, path) => {
      expect(getTargetPath(target)).toBe(path)
    },
  )

  it.each([
    '*',
    '',
    'api.example.com:443',
    'ftp://api.example.com/r',
    'https://user@evil.example/r',
    'http://a:b/r',
    '/a/../r',
    '/a/%2E./r',
    '/.',
    '/a\\b',
  ])('getTargetPath returns undefined for the request target %j', (target) => {
    expect(getTargetPath(target)).toBeUndefined()
  })

  it.each(['a', '%7B'])(
    'getTargetPath accepts paths of at most 2037 characters, in plain and in encoded form (%s)',
    (character) => {
      const path = `/${character}`.padEnd(2037, 'x')
      expect(getTargetPath(`${path}?page=2`)).toBe(path)
      expect(getTargetPath(`${path}x?page=2`)).toBeUndefined()
    },
  )

  it('getTargetPath returns the same path for a path and for an absolute address, for random paths', () => {
    const segment = fc.string({
      unit: fc.constantFrom('a', 'Z', '0', '-', '_', '~', '.', '%', '2', 'e', 'E', 'F', '{', '@'),
    })
    const target = fc
      .tuple(
        fc.array(segment, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '/', '?x', '/?x', '#x'),
      )
      .map(([segments, end]) => `/${segments.join('/')}${end}`)
    fc.assert(
      fc.property(target, (path) => {
        expect(getTargetPath(path)).toBe(getTargetPath(`http://host${path}`))
      }),
    )
  })
})
