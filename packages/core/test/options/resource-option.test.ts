import { describe, expect, it } from 'vitest'
import { ISSUER } from '../../../../test/support/issuer.ts'
import { createResourceServer } from '../../src/index.ts'
import { readOptions } from '../../src/options/read-options.ts'
import { getProblems } from '../support/get-problems.ts'

const ADDRESS =
  'resource must be the https address of this API, without user name, password and fragment. http is accepted on loopback and for hosts in allowInsecureHosts.'
const NORMAL =
  'resource must be written in its normal form: scheme and host in lower case, without default port and dot segments, and with a slash before a query.'

const problemsOf = (resource: unknown, more: object = {}) =>
  getProblems({ issuer: ISSUER, resource, ...more })

describe('the option resource', () => {
  it.each([
    'https://api.example.com',
    'https://api.example.com/',
    'https://api.example.com/v1',
    'https://api.example.com/v1/',
    'https://api.example.com:8443/v1',
    'https://api.example.com/v1?tenant=a',
    'https://api.example.com/?tenant=a',
    'https://api.example.com/caf%C3%A9',
    'https://xn--caf-dma.example.com/',
    'https://192.0.2.1/mcp',
    'https://[2001:db8::1]/mcp',
    'http://127.0.0.1:3000/mcp',
    'http://localhost:3000',
    'http://[::1]:3000/mcp',
  ])('8707-01, 9728-18: createResourceServer accepts the resource %s', (resource) => {
    expect(problemsOf(resource)).toEqual([])
    const { settings } = readOptions({ issuer: ISSUER, resource })
    expect(settings.resource).toBe(resource)
    expect(settings.issuers[0]!.audiences).toEqual([resource])
    expect(settings.issuers[0]!.isAudienceDerived).toBe(true)
  })

  it.each([
    ['an http address of a host that is not loopback', 'http://api.example.com/v1'],
    [
      'an http address of a host that begins like a loopback address',
      'http://127.0.0.1.evil.example',
    ],
    ['an http address of a host that begins with localhost', 'http://localhost.example.com'],
    ['an address with a fragment', 'https://api.example.com/v1#a'],
    ['an address with an empty fragment', 'https://api.example.com/v1#'],
    ['an address with a user name', 'https://user@api.example.com'],
    ['an address with a password', 'https://:secret@api.example.com'],
    ['an address with the scheme urn', 'urn:example:api'],
    ['an address with the scheme ftp', 'ftp://api.example.com'],
    ['an address with the scheme data', 'data:text/plain,a'],
    ['a relative address', '/v1'],
    ['an address without a scheme', 'api.example.com'],
    ['an address without a host', 'https://'],
    ['an empty string', ''],
    ['null', null],
    ['a number', 1],
    ['an array', ['https://api.example.com']],
    ['a URL object', new URL('https://api.example.com')],
  ])('8707-01, 9728-18: createResourceServer rejects %s as the resource', (_what, resource) => {
    // For an invalid resource, the error does not also say that `metadata` requires a resource.
    expect(problemsOf(resource, { metadata: {} })).toEqual([ADDRESS])
  })

  it.each([
    ['upper case in the scheme', 'HTTPS://api.example.com'],
    ['upper case in the host', 'https://API.example.com/v1'],
    ['the default port', 'https://api.example.com:443/v1'],
    ['a dot segment', 'https://api.example.com/a/../v1'],
    ['an escaped dot segment', 'https://api.example.com/%2e/v1'],
    ['a backslash', 'https://api.example.com\\v1'],
    ['a space inside', 'https://api.example.com/a b'],
    ['a line end inside', 'https://api.example.com/a\nb'],
    ['a character outside ASCII', 'https://api.example.com/caf\u00e9'],
    ['a quote', 'https://api.example.com/"a"'],
    ['a query without a slash', 'https://api.example.com?a'],
    ['the Kelvin sign in the host', 'https://\u212Aube.example.com'],
    ['a host name outside ASCII', 'https://caf\u00e9.example.com/'],
    ['one slash after the scheme', 'https:/api.example.com'],
    ['an IPv4 address as a number', 'https://3221225985/'],
  ])(
    'createResourceServer rejects a resource that is not in normal form: %s',
    (_what, resource) => {
      expect(problemsOf(resource)).toEqual([NORMAL])
    },
  )

  it('createResourceServer rejects a backslash in the query of a resource, because a challenge cannot contain a backslash', () => {
    expect(problemsOf('https://api.example.com/?a=\\')).toEqual([
      'resource must not contain a backslash.',
    ])
  })

  it.each([
    'https://api.example.com/?scope=a',
    'https://api.example.com/v1?a=b&Error=c',
    'https://api.example.com/resource_metadata=a',
  ])(
    'createResourceServer rejects the resource %s, because it contains the name of a challenge parameter',
    (resource) => {
      expect(problemsOf(resource)).toEqual([
        'resource must not contain the name of a challenge parameter before an equals sign, such as scope=: some clients would read it as that parameter.',
      ])
    },
  )

  it('createResourceServer accepts an http resource of a host in allowInsecureHosts', () => {
    const resource = 'http://api.internal/v1'
    expect(problemsOf(resource)).toEqual([ADDRESS])
    expect(problemsOf(resource, { allowInsecureHosts: ['api.internal'] })).toEqual([])
  })

  it('readOptions uses the resource as the audience of each issuer without an audience, including dynamic issuers', () => {
    const resource = 'https://api.example.com/v1'
    const { settings } = readOptions({
      resource,
      issuers: {
        static: [
          { issuer: ISSUER },
          { issuer: 'https://written.example.com', audience: 'urn:written' },
          { issuer: 'https://undefined.example.com', audience: undefined },
        ],
        match: () => true,
        resolve: () => undefined,
      },
    })
    expect(
      settings.issuers.map(({ audiences, isAudienceDerived }) => [audiences, isAudienceDerived]),
    ).toEqual([
      [[resource], true],
      [['urn:written'], false],
      [[resource], true],
    ])
    const dynamic = settings.dynamicIssuers!.read(
      { issuer: 'https://d.example.com' },
      'https://d.example.com',
    )
    expect(dynamic).toMatchObject({ settings: { audiences: [resource], isAudienceDerived: true } })
  })

  it('createResourceServer rejects options that have neither an audience nor a resource', () => {
    expect(getProblems({ issuer: ISSUER })).toEqual([
      'audience is missing: set it to the value that tokens for this API have in aud, or to an array of such values. Or set resource, if aud is the address of this API.',
    ])
  })

  it('metadata() throws a ConfigurationError if the option metadata is not set', () => {
    const server = createResourceServer({ issuer: ISSUER, resource: 'https://api.example.com' })
    expect(() => server.metadata()).toThrow(
      'metadata() needs other options:\n  - Set resource to the address of this API, and metadata to an object: metadata: {}.',
    )
  })
})
