import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { RequestLike } from '../../src/index.ts'
import { ownMembers } from '../../src/lib/objects.ts'
import { headerValues } from '../../src/request/header-values.ts'

const request = (parts: Partial<RequestLike>): RequestLike => ({
  method: 'GET',
  url: '/',
  headers: {},
  ...parts,
})

describe('headerValues', () => {
  it('gives every line of the header, in order, by a name in any case', () => {
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

  it('takes names for names and values for values', () => {
    const rawHeaders = ['X-A', 'authorization', 'authorization ', 'b', 'Proxy-Authorization', 'c']
    expect(headerValues(request({ rawHeaders }), 'authorization')).toEqual([])
    expect(headerValues(request({ rawHeaders: ['authorization'] }), 'authorization')).toEqual([])
  })

  it('looks at the parsed headers only where there are no lines', () => {
    const headers = { authorization: 'parsed' }
    const rawHeaders = ['Authorization', 'line']
    expect(headerValues(request({ headers, rawHeaders }), 'authorization')).toEqual(['line'])
    expect(headerValues(request({ headers, rawHeaders: ['Host', 'a'] }), 'authorization')).toEqual(
      [],
    )
    expect(headerValues(request({ headers, rawHeaders: [] }), 'authorization')).toEqual(['parsed'])
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['parsed'])
  })

  it('gives each value of a parsed header that has several, an empty one too, and none for none', () => {
    const headers = { a: ['1', '2'], b: '', c: undefined }
    expect(headerValues(request({ headers }), 'a')).toEqual(['1', '2'])
    expect(headerValues(request({ headers }), 'b')).toEqual([''])
    expect(headerValues(request({ headers }), 'c')).toEqual([])
    expect(headerValues(request({ headers }), 'd')).toEqual([])
  })

  it('finds a parsed header in whatever case it is named, and in several cases at once', () => {
    const headers = { Authorization: 'a', AUTHORIZATION: 'b', 'x-authorization': 'c' }
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['a', 'b'])
  })

  it('returns the value of a web Headers, and several lines as one value with commas', () => {
    const headers = new Headers({ Authorization: 'a' })
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['a'])
    expect(headerValues(request({ headers }), 'cookie')).toEqual([])
    headers.append('AUTHORIZATION', 'b')
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['a, b'])
    expect(
      headerValues(request({ headers: new Headers({ authorization: '' }) }), 'authorization'),
    ).toEqual([''])
  })

  it('reads a web Headers only without header lines', () => {
    const headers = new Headers({ authorization: 'parsed' })
    const rawHeaders = ['Authorization', 'line']
    expect(headerValues(request({ headers, rawHeaders }), 'authorization')).toEqual(['line'])
    expect(headerValues(request({ headers, rawHeaders: [] }), 'authorization')).toEqual(['parsed'])
  })

  it('reads a plain object by its own fields, even if one is named get', () => {
    const headers = { get: 'x', authorization: 'a' }
    expect(headerValues(request({ headers }), 'authorization')).toEqual(['a'])
    expect(headerValues(request({ headers }), 'get')).toEqual(['x'])
    const withoutPrototype = ownMembers(headers) as typeof headers
    expect(headerValues(request({ headers: withoutPrototype }), 'authorization')).toEqual(['a'])
    const foreign = runInNewContext("({ Authorization: 'a' })") as Record<string, string>
    expect(headerValues(request({ headers: foreign }), 'authorization')).toEqual(['a'])
  })

  /** Calls a function while Object.prototype has these members. Assertions come after: they would see them, too. */
  function polluted<T>(members: object, call: () => T): T {
    Object.assign(Object.prototype, members)
    try {
      return call()
    } finally {
      for (const name of Object.keys(members)) Reflect.deleteProperty(Object.prototype, name)
    }
  }

  it('ignores a get, and every header field, on Object.prototype', () => {
    const headers = { authorization: 'a' }
    const web = new Headers(headers)
    const values = polluted({ get: () => 'polluted', cookie: 'polluted' }, () => [
      headerValues(request({ headers }), 'authorization'),
      headerValues(request({ headers }), 'cookie'),
      headerValues(request({ headers: {} }), 'authorization'),
      headerValues(request({ headers: web }), 'authorization'),
    ])
    expect(values).toEqual([['a'], [], [], ['a']])
  })

  it('ignores rawHeaders on Object.prototype', () => {
    const headers = { authorization: 'a' }
    const web = new Request('https://api.example.com/', { headers })
    for (const rawHeaders of [['Authorization', 'polluted'], ['Host', 'polluted'], []]) {
      const values = polluted({ rawHeaders }, () => [
        headerValues({ method: 'GET', url: '/', headers }, 'authorization'),
        headerValues({ method: 'GET', url: '/', headers: {} }, 'authorization'),
        headerValues(web, 'authorization'),
      ])
      expect(values).toEqual([['a'], [], ['a']])
    }
  })
})
