import { describe, expect, it } from 'vitest'
import { headerValues, type RequestView } from '../src/request.ts'

const request = (parts: Partial<RequestView>): RequestView => ({
  method: 'GET',
  url: '/',
  headers: {},
  ...parts,
})

describe('headerValues', () => {
  it('gives every line of the header, in order, by a name in any case', () => {
    const headerLines = [
      'Host',
      'a',
      'Authorization',
      '1',
      'AUTHORIZATION',
      '2',
      'authorization',
      '',
    ]
    expect(headerValues(request({ headerLines }), 'authorization')).toEqual(['1', '2', ''])
    expect(headerValues(request({ headerLines }), 'cookie')).toEqual([])
  })

  it('takes names for names and values for values', () => {
    const headerLines = ['X-A', 'authorization', 'authorization ', 'b', 'Proxy-Authorization', 'c']
    expect(headerValues(request({ headerLines }), 'authorization')).toEqual([])
    expect(headerValues(request({ headerLines: ['authorization'] }), 'authorization')).toEqual([])
  })

  it('looks at the parsed headers only where there are no lines', () => {
    const headers = { authorization: 'parsed' }
    const headerLines = ['Authorization', 'line']
    expect(headerValues(request({ headers, headerLines }), 'authorization')).toEqual(['line'])
    expect(headerValues(request({ headers, headerLines: ['Host', 'a'] }), 'authorization')).toEqual(
      [],
    )
    expect(headerValues(request({ headers, headerLines: [] }), 'authorization')).toEqual(['parsed'])
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

  it('refuses headers in which it would find nothing', () => {
    const headers = new Headers({ authorization: 'a' }) as unknown as Record<string, string>
    expect(() => headerValues(request({ headers }), 'authorization')).toThrow(TypeError)
  })
})
