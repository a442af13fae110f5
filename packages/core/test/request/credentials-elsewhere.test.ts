import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import {
  type ConfigurationError,
  createResourceServer,
  type RequestLike,
  type ResourceServerOptions,
} from '../../src/index.ts'

const { issuer, jwks, token } = createTestIssuer()
const serve = (credentials: unknown) =>
  createResourceServer({ issuer, audience: AUDIENCE, jwks, credentials } as ResourceServerOptions)

/** Returns the problems that `createResourceServer` reports for the option `credentials`. */
function problems(credentials: unknown): readonly string[] {
  try {
    serve(credentials)
  } catch (error) {
    return (error as ConfigurationError).problems
  }
  return []
}

describe('the option credentials', () => {
  it.each<[string, unknown, string]>([
    [
      'a string',
      'x-token',
      "credentials must be an object: { header: 'cf-access-jwt-assertion' }, or a function, not a string.",
    ],
    ['an object without header', {}, 'credentials.header is missing: set the name of the header.'],
    [
      'an object with the header Authorization',
      { header: 'Authorization' },
      'credentials.header must be the name of a header that contains only the token, other than Authorization and Cookie.',
    ],
    [
      'an object with the header Cookie',
      { header: 'cookie' },
      'credentials.header must be the name of a header that contains only the token, other than Authorization and Cookie.',
    ],
    [
      'an object with an invalid header name',
      { header: 'x token' },
      'credentials.header must be the name of a header that contains only the token, other than Authorization and Cookie.',
    ],
    [
      'an object with an unknown member',
      { header: 'x-token', scheme: 'JWT' },
      'credentials.scheme is not an option.',
    ],
    [
      'null',
      null,
      "credentials must be an object: { header: 'cf-access-jwt-assertion' }, or a function, not null.",
    ],
  ])('createResourceServer throws if credentials is %s', (_, given, problem) => {
    expect(problems(given)).toEqual([expect.stringContaining(problem.slice(0, -1))])
  })

  it('authorize and a guard call the function in credentials with raw, or with the request if it has no raw', async () => {
    const raw = { of: 'the framework' }
    const seen: unknown[] = []
    const server = serve((request: object) => {
      seen.push(request)
      return token()
    })
    const request: RequestLike = { method: 'GET', url: '/', headers: {}, raw }
    expect(server.authorize(request)).toMatchObject({ kind: 'granted' })
    expect(server.guard()(request)).toMatchObject({ kind: 'granted' })
    const plain: RequestLike = { method: 'GET', url: '/', headers: {} }
    expect(server.authorize(plain)).toMatchObject({ kind: 'granted' })
    expect(seen).toEqual([raw, raw, plain])
  })

  it('authorize throws the error of the function in credentials, and a TypeError if its result is not a string or undefined', () => {
    const broken = new Error('broken')
    const throwing = serve(() => {
      throw broken
    })
    expect(() => throwing.authorize(requestWith(token()))).toThrow(broken)
    const wrong: readonly (readonly [unknown, string])[] = [
      [null, 'null'],
      [7, 'a number'],
      [Promise.resolve(token()), 'an object'],
      [Promise.reject(broken), 'an object'],
    ]
    for (const [given, found] of wrong) {
      const authorize = () => serve(() => given).authorize(requestWith(token()))
      expect(authorize).toThrow(TypeError)
      expect(authorize).toThrow(
        `credentials must return a token or undefined synchronously, not ${found}.`,
      )
    }
  })

  it('verify ignores the option credentials', () => {
    const server = serve({ header: 'x-token' })
    expect(server.verify(token())).toMatchObject({ kind: 'granted' })
  })

  it('authorize refuses two lines of the header that the option credentials names, and a request with 2001 header lines', () => {
    const server = serve({ header: 'x-token' })
    const request: RequestLike = {
      method: 'GET',
      url: '/',
      rawHeaders: ['X-Token', token(), 'x-token', token()],
      headers: { 'x-token': token() },
    }
    expect(server.authorize(request)).toMatchObject({ reason: 'multiple_credentials' })
    const many = Array.from({ length: 2000 }, (_, i) => [`x-${i}`, 'a']).flat()
    expect(
      server.authorize({ ...request, rawHeaders: ['X-Token', token(), ...many] }),
    ).toMatchObject({ reason: 'malformed_credentials' })
  })
})
