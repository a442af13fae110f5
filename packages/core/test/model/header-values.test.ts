import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { RequestLike } from '../../src/index.ts'
import type { HeaderFields, WebHeaders } from '../../src/model/request-like.ts'
import { copyOwnMembers } from '../../src/lib/objects.ts'
import { headerValues } from '../../src/model/header-values.ts'
import { withPollutedPrototype } from '../support/with-polluted-prototype.ts'

const request = (parts: Partial<RequestLike>): RequestLike => ({
  method: 'GET',
  url: '/',
  headers: {},
  ...parts,
})

describe('headerValues', () => {
  it('headerValues returns the value of each header line in order, and ignores the case of the name', () => {
    const rawHeaders = [
      'Host',
      'a',
      'Authorization',
      '1',
      'AUTHORIZATION',
      '2',
      'authorization',
      '',
    ]
    expect(headerValues(request({ rawHeaders }), 'authorization')).toEqual(['1', '2', ''])
    expect(headerValues(request({ rawHeaders }), 'cookie')).toEqual([])
  })

  it('headerValues compares the whole name of a line in rawHeaders, and never its value', () => {
    const rawHeaders = ['X-A', 'authorization', 'authorization ', 'b', 'Proxy-Authorization', 'c']
    expect(headerValues(request({ rawHeaders }), 'authorization')).toEqual([])
  })

  it('headerValues throws a TypeError if rawHeaders has a name without a value', () => {
    const read = () => headerValues(request({ rawHeaders: ['authorization'] }), 'authorization')
    expect(read).toThrow(TypeError)
    expect(read).toThrow('rawHeaders of a request must be an array: name, value')
  })

  it('headerValues reads headers only if rawHeaders is missing or empty', () => {
    const headers = { authorization: 'parsed' }
    const rawHeaders = ['Authorization', 'line']
    expect(headerValues(request({ headers, rawHeaders }), 'authorization')).toEqual(['line'])
    expect(headerValues(request({ headers, rawHeaders: ['Host', 'a'] }), 'authorization')).toEqual(
      [],
    )
    expect(headerValues(request({ headers, rawHeaders: [] }), 'authorization')).toEqual(['parsed'])
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['parsed'])
  })

  it('headerValues returns each value of an array, an empty string as a value, and no value for an undefined or missing field', () => {
    const headers = { a: ['1', '2'], b: '', c: undefined }
    expect(headerValues(request({ headers }), 'a')).toEqual(['1', '2'])
    expect(headerValues(request({ headers }), 'b')).toEqual([''])
    expect(headerValues(request({ headers }), 'c')).toEqual([])
    expect(headerValues(request({ headers }), 'd')).toEqual([])
  })

  it('headerValues ignores the case of names in headers, and returns the values of all spellings of a name', () => {
    const headers = { Authorization: 'a', AUTHORIZATION: 'b', 'x-authorization': 'c' }
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['a', 'b'])
  })

  it('headerValues returns several lines of a web Headers as one value with a comma', () => {
    const headers = new Headers({ Authorization: 'a' })
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['a'])
    expect(headerValues(request({ headers }), 'cookie')).toEqual([])
    headers.append('AUTHORIZATION', 'b')
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['a, b'])
    expect(
      headerValues(request({ headers: new Headers({ authorization: '' }) }), 'authorization'),
    ).toEqual([''])
  })

  it('headerValues reads a web Headers only if rawHeaders is missing or empty', () => {
    const headers = new Headers({ authorization: 'parsed' })
    const rawHeaders = ['Authorization', 'line']
    expect(headerValues(request({ headers, rawHeaders }), 'authorization')).toEqual(['line'])
    expect(headerValues(request({ headers, rawHeaders: [] }), 'authorization')).toEqual(['parsed'])
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['parsed'])
  })

  it('headerValues reads the members of a plain object, even if one is named get', () => {
    const headers = { get: 'x', authorization: 'a' }
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['a'])
    expect(headerValues(request({ headers }), 'get')).toEqual(['x'])
    const withoutPrototype = copyOwnMembers(headers) as typeof headers
    expect(headerValues(request({ headers: withoutPrototype }), 'authorization')).toEqual(['a'])
    const foreign = runInNewContext("({ Authorization: 'a' })") as Record<string, string>
    expect(headerValues(request({ headers: foreign }), 'authorization')).toEqual(['a'])
  })

  it('headerValues ignores get and header fields on Object.prototype', () => {
    const headers = { authorization: 'a' }
    const web = new Headers(headers)
    const values = withPollutedPrototype({ get: () => 'polluted', cookie: 'polluted' }, () => [
      headerValues(request({ headers }), 'authorization'),
      headerValues(request({ headers }), 'cookie'),
      headerValues(request({ headers: {} }), 'authorization'),
      headerValues(request({ headers: web }), 'authorization'),
    ])
    expect(values).toEqual([['a'], [], [], ['a']])
  })

  it('headerValues ignores rawHeaders on Object.prototype', () => {
    const headers = { authorization: 'a' }
    const web = new Request('https://api.example.com/', { headers })
    for (const rawHeaders of [['Authorization', 'polluted'], ['Host', 'polluted'], []]) {
      const values = withPollutedPrototype({ rawHeaders }, () => [
        headerValues({ method: 'GET', url: '/', headers }, 'authorization'),
        headerValues({ method: 'GET', url: '/', headers: {} }, 'authorization'),
        headerValues(web, 'authorization'),
      ])
      expect(values).toEqual([['a'], [], ['a']])
    }
  })

  it('headerValues reads an object with a function get, own or inherited, like a web Headers', () => {
    class Fields {
      readonly #value = 'a'
      get(name: string) {
        return name === 'authorization' ? this.#value : null
      }
    }
    const own = { authorization: 'field', get: (name: string) => (name === 'cookie' ? null : 'a') }
    for (const headers of [new Fields(), own] as WebHeaders[]) {
      expect(headerValues(request({ headers }), 'authorization')).toEqual(['a'])
      expect(headerValues(request({ headers }), 'cookie')).toEqual([])
    }
  })

  it.each([undefined, null])('headerValues returns an empty list if get returns %s', (value) => {
    const headers = { get: () => value } as unknown as WebHeaders
    expect(headerValues(request({ headers }), 'authorization')).toEqual([])
  })

  it.each([
    ['a string', 'Bearer a'],
    ['a number', 5],
    ['a function', () => 'Bearer a'],
    ['an empty array', []],
    ['an array of names and values', ['authorization', 'Bearer a']],
    ['an array of pairs', [['authorization', 'Bearer a']]],
    ['an array of the entries of a web Headers', [...new Headers({ authorization: 'Bearer a' })]],
  ])('headerValues throws a TypeError if headers is %s', (_, value) => {
    const headers = value as unknown as HeaderFields
    const read = () => headerValues(request({ headers }), 'authorization')
    expect(read).toThrow(TypeError)
    expect(read).toThrow(
      'headers of a request must be an object with header names as keys, or a web Headers.',
    )
    // `headers` is not checked if `rawHeaders` contains lines.
    const rawHeaders = ['Authorization', 'line']
    expect(headerValues(request({ headers, rawHeaders }), 'authorization')).toEqual(['line'])
  })

  it.each([undefined, null])('headerValues throws a TypeError if headers is %s', (value) => {
    const headers = value as unknown as HeaderFields
    const read = () => headerValues(request({ headers }), 'authorization')
    expect(read).toThrow(TypeError)
    expect(read).toThrow(
      'headers of a request must be an object with header names as keys, or a web Headers.',
    )
  })
})
