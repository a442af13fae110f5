import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { readOptions } from '../../src/options/read-options.ts'
import { getProblems } from '../support/get-problems.ts'

const api = { issuer: ISSUER, resource: AUDIENCE }
const key = generateKey('ES256', 'metadata-1')
const privateJwk = key.privateKey.export({ format: 'jwk' })

const problemsOf = (metadata: unknown, more: object = {}) =>
  getProblems({ ...api, metadata, ...more })
const read = (metadata: object) => readOptions({ ...api, metadata }).settings.metadata!

describe('the option metadata', () => {
  it('readOptions adds the default values of the option metadata', () => {
    expect(readOptions(api).settings.metadata).toBeUndefined()
    expect(read({})).toEqual({
      authorizationServers: undefined,
      name: undefined,
      documentation: undefined,
      policyUri: undefined,
      tosUri: undefined,
      jwksUri: undefined,
      signingAlgorithms: undefined,
      more: {},
      signed: undefined,
      atRoot: false,
      maxAge: 3600,
    })
  })

  it('createResourceServer rejects metadata without a resource', () => {
    expect(getProblems({ issuer: ISSUER, audience: AUDIENCE, metadata: {} })).toEqual([
      'metadata requires resource: set it to the address of this API.',
    ])
  })

  it.each([
    ['true', true, 'metadata must be an object such as {}, not a boolean.'],
    ['null', null, 'metadata must be an object such as {}, not null.'],
    ['a string', 'on', 'metadata must be an object such as {}, not a string.'],
    ['an array', [], 'metadata must be an object such as {}, not an empty array.'],
    [
      'a misspelt option',
      { documentaton: 'https://docs.example.com' },
      'metadata.documentaton is not an option. Did you mean documentation?',
    ],
    [
      'resource, which is a separate option',
      { resource: AUDIENCE },
      expect.stringMatching(/^metadata\.resource is not an option\. The options are: /) as string,
    ],
    [
      'an empty name',
      { name: '' },
      'metadata.name must be a non-empty string, not an empty string.',
    ],
    [
      'atRoot as a string',
      { atRoot: 'true' },
      'metadata.atRoot must be true or false, not a string.',
    ],
    [
      'a negative maxAge',
      { maxAge: -1 },
      'metadata.maxAge must be a whole number from 0 to 604800, not -1.',
    ],
    [
      'a fraction of a second as maxAge',
      { maxAge: 0.5 },
      'metadata.maxAge must be a whole number from 0 to 604800, not 0.5.',
    ],
    [
      'a maxAge of more than a week',
      { maxAge: 604_801 },
      'metadata.maxAge must be a whole number from 0 to 604800, not 604801.',
    ],
  ])('createResourceServer rejects metadata with %s', (_what, metadata, problem) => {
    expect(problemsOf(metadata)).toEqual([problem])
  })

  it.each(['documentation', 'policyUri', 'tosUri', 'jwksUri'])(
    '9728-11: createResourceServer rejects metadata.%s that is not an https address',
    (option) => {
      for (const address of [
        'http://example.com',
        'example.com',
        '',
        'https://user@example.com',
        1,
      ])
        expect([address, problemsOf({ [option]: address })]).toEqual([
          address,
          [expect.stringMatching(new RegExp(`^metadata\\.${option} must be an https address`))],
        ])
      expect(problemsOf({ [option]: 'https://example.com/a' })).toEqual([])
    },
  )

  it('9728-11: createResourceServer accepts only names of signature algorithms in signingAlgorithms, and rejects the name none', () => {
    expect(problemsOf({ signingAlgorithms: ['ES256', 'PS512'] })).toEqual([])
    for (const signingAlgorithms of [['none'], ['ES256', 'none'], ['es256'], [], 'ES256', [1]]) {
      expect(problemsOf({ signingAlgorithms })).toEqual([
        expect.stringMatching(
          /^metadata\.signingAlgorithms must be an array of signature algorithms, not /,
        ),
      ])
    }
  })

  it('9728-08: createResourceServer rejects an advertised issuer that the API does not trust', () => {
    expect(problemsOf({ authorizationServers: [ISSUER] })).toEqual([])
    for (const server of [`${ISSUER}/`, 'HTTPS://as.example.com', 'https://evil.example']) {
      expect(problemsOf({ authorizationServers: [ISSUER, server] })).toEqual([
        'metadata.authorizationServers[1] is not an issuer that this API trusts: add it to the issuers, or remove it here.',
      ])
    }
    expect(problemsOf({ authorizationServers: [] })).toHaveLength(1)
  })

  it('9728-08: createResourceServer accepts an advertised issuer for which match returns true', () => {
    const issuers = {
      match: (iss: string) => iss.endsWith('.example.com'),
      resolve: () => undefined,
    }
    const problems = (server: string) =>
      getProblems({
        resource: AUDIENCE,
        issuers,
        metadata: { authorizationServers: [server] },
      })
    expect(problems('https://acme.example.com')).toEqual([])
    expect(problems('https://evil.example')).toHaveLength(1)
  })

  it('9728-20: readOptions copies the members of metadata.more', () => {
    const names = ['a']
    const more = {
      'resource_name#it': 'API',
      x_names: names,
      authorization_details_types_supported: ['payment'],
    }
    const settings = read({ more })
    names.push('b')
    Object.assign(more, { y: 1 })
    expect(settings.more).toEqual({
      'resource_name#it': 'API',
      x_names: ['a'],
      authorization_details_types_supported: ['payment'],
    })
  })

  it.each([
    'resource',
    'authorization_servers',
    'jwks_uri',
    'scopes_supported',
    'bearer_methods_supported',
    'resource_signing_alg_values_supported',
    'resource_name',
    'resource_documentation',
    'resource_policy_uri',
    'resource_tos_uri',
    'tls_client_certificate_bound_access_tokens',
    'dpop_signing_alg_values_supported',
    'dpop_bound_access_tokens_required',
    'signed_metadata',
  ])('9728-06, 9728-17: createResourceServer rejects the member %s in metadata.more', (member) => {
    expect(problemsOf({ more: { [member]: 'https://evil.example' } })).toEqual([
      `metadata.more contains "${member}", which another option sets or this version does not support.`,
    ])
  })

  it.each([
    ['null', null, 'has no value: remove it'],
    ['an empty string', '', 'has no value: remove it'],
    ['an empty array', [], 'has no value: remove it'],
    ['undefined', undefined, 'cannot be written as JSON'],
    ['a function', () => 1, 'cannot be written as JSON'],
    ['a bigint', 1n, 'cannot be written as JSON'],
  ])(
    '9728-07: createResourceServer rejects the value %s in metadata.more',
    (_what, value, problem) => {
      expect(problemsOf({ more: { x: value } })).toEqual([
        `metadata.more contains "x", which ${problem}.`,
      ])
    },
  )

  it('createResourceServer rejects metadata.more if it is not an object, has a cycle, or has an http address in a member with a language tag', () => {
    const cycle: Record<string, unknown> = {}
    cycle['x'] = cycle
    expect(problemsOf({ more: cycle })).toEqual([
      'metadata.more contains "x", which cannot be written as JSON.',
    ])
    for (const member of [
      'resource_documentation#it',
      'resource_policy_uri#it',
      'resource_tos_uri#it',
    ])
      expect(problemsOf({ more: { [member]: 'http://example.com' } })).toEqual([
        `metadata.more contains "${member}", which must be an https address.`,
      ])
    expect(problemsOf({ more: ['a'] })).toEqual([
      'metadata.more must be an object with members of the metadata, not an array.',
    ])
  })

  it.each([
    ['a KeyObject with its algorithm', { key: key.privateKey, algorithm: 'ES256' }],
    ['a JWK with alg', { key: { ...privateJwk, alg: 'ES256' } }],
    ['a JWK and an algorithm', { key: privateJwk, algorithm: 'ES256', keyId: 'a' }],
  ])('9728-17: createResourceServer accepts metadata.signed with %s', (_what, signed) => {
    expect(problemsOf({ signed: { issuer: AUDIENCE, ...signed } })).toEqual([])
  })

  const MISSING = 'metadata.signed.issuer is missing: set the party that signs the metadata.'

  it.each<[what: string, signed: unknown, ...problems: string[]]>([
    ['no issuer', { key: key.privateKey, algorithm: 'ES256' }, MISSING],
    [
      'no key',
      { issuer: AUDIENCE },
      'metadata.signed.key must be a private CryptoKey, KeyObject or JWK.',
    ],
    [
      'a public key',
      { issuer: AUDIENCE, key: key.publicKey, algorithm: 'ES256' },
      'metadata.signed.key is not a private key: set the private key, not the public key.',
    ],
    [
      'a public JWK',
      { issuer: AUDIENCE, key: key.jwk },
      'metadata.signed.key is not a private key: set the private key, not the public key.',
    ],
    [
      'a secret',
      { issuer: AUDIENCE, key: createSecretKey(randomBytes(32)), algorithm: 'HS256' },
      'metadata.signed.key is not a private key: set the private key, not the public key.',
    ],
    [
      'a PEM',
      { issuer: AUDIENCE, key: '-----BEGIN PRIVATE KEY-----', algorithm: 'ES256' },
      'metadata.signed.key is a string: for a PEM, set createPrivateKey(pem) from node:crypto.',
    ],
    [
      'no algorithm',
      { issuer: AUDIENCE, key: key.privateKey },
      'metadata.signed.key has no algorithm: set the option algorithm, such as ES256.',
    ],
    [
      'an unknown algorithm',
      { issuer: AUDIENCE, key: key.privateKey, algorithm: 'none' },
      'metadata.signed.algorithm must be the name of an algorithm, such as ES256.',
    ],
    [
      'an algorithm of another key',
      { issuer: AUDIENCE, key: key.privateKey, algorithm: 'RS256' },
      'metadata.signed.key does not fit RS256.',
    ],
    [
      'an HMAC algorithm',
      { issuer: AUDIENCE, key: key.privateKey, algorithm: 'HS256' },
      'metadata.signed.key requires an algorithm with a private key, such as ES256 (ML-DSA is not accepted).',
    ],
    ['true', true, 'metadata.signed must be an object { issuer, key }, not a boolean.'],
    [
      'an unknown member',
      { issuer: AUDIENCE, key: key.privateKey, algorithm: 'ES256', kid: 'a' },
      expect.stringMatching(/^metadata\.signed\.kid is not an option\./) as string,
    ],
  ])(
    '9728-17: createResourceServer rejects metadata.signed with %s',
    (_what, signed, ...problems) => {
      expect(problemsOf({ signed })).toEqual(problems)
    },
  )
})
