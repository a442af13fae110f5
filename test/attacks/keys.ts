import { selfSignedCertificate } from '../support/certificate.ts'
import { AUDIENCE, ISSUER, type TestIssuer } from '../support/issuer.ts'
import type { TestKey } from '../support/keys.ts'
import { withSignature } from '../support/tokens.ts'
import { type Attack, accepted, invalidToken } from './attack.ts'
import { getKey } from './forged-tokens.ts'
import { SHARING_ISSUER, type Target, UNUSABLE_KEYS } from './target.ts'

const unknownKey = invalidToken('unknown_key')
const forged = invalidToken('invalid_signature')
const unsupportedAlgorithm = invalidToken('unsupported_algorithm')

/** Header parameters that contain a key, its URL or its thumbprint (RFC 7515 sections 4.1.2 to 4.1.8). */
const SUPPLIED_KEYS: readonly (readonly [
  name: string,
  parameters: (key: TestKey, target: Target) => Record<string, unknown>,
])[] = [
  ['jwk with the public key', (key) => ({ jwk: key.jwk })],
  ['jwk with the private key', (key) => ({ jwk: key.privateKey.export({ format: 'jwk' }) })],
  ['jwk with a secret', () => ({ jwk: { kty: 'oct', k: 'AAAA' } })],
  ['jwk as a string', (key) => ({ jwk: JSON.stringify(key.jwk) })],
  ['jku with the URL of the attacker', (_, { attackerUrl }) => ({ jku: `${attackerUrl}/jwks` })],
  [
    'jku with the issuer as user name',
    (_, { attackerUrl, issuer }) => {
      return { jku: `${issuer.issuer}@${attackerUrl.slice('http://'.length)}/jwks` }
    },
  ],
  ['jku with a cloud metadata URL', () => ({ jku: 'http://169.254.169.254/latest/meta-data/' })],
  ['jku with a file URL', () => ({ jku: 'file:///etc/passwd' })],
  [
    'jku with a data URL',
    (key) => {
      const document = Buffer.from(JSON.stringify({ keys: [key.jwk] })).toString('base64')
      return { jku: `data:application/json;base64,${document}` }
    },
  ],
  [
    'x5u with the URL of the attacker',
    (_, { attackerUrl }) => ({ x5u: `${attackerUrl}/certificate` }),
  ],
  ['x5u with a cloud metadata URL', () => ({ x5u: 'http://169.254.169.254/latest/meta-data/' })],
  ['x5u with a file URL', () => ({ x5u: 'file:///etc/passwd' })],
  ['x5c with the certificate', (key) => ({ x5c: [selfSignedCertificate(key).toString('base64')] })],
  ['x5t and x5t#S256', () => ({ x5t: 'dGh1bWJwcmludA', 'x5t#S256': 'dGh1bWJwcmludA' })],
  [
    'jwk, jku, x5u, x5c and x5t',
    (key, { attackerUrl }) => {
      return {
        jwk: key.jwk,
        jku: `${attackerUrl}/jwks`,
        x5u: `${attackerUrl}/x5u`,
        x5c: [],
        x5t: 'AA',
      }
    },
  ],
]

const suppliedKeys = SUPPLIED_KEYS.flatMap(([name, parameters]): Attack[] => {
  const attack = (kid: string | undefined): Attack['attack'] => {
    return (target) => {
      const key = getKey(target.outsider, 'ES256')
      return target.issuer.token({ key, header: { ...parameters(key, target), kid } })
    }
  }
  return [
    {
      name: `${name}, signed by an attacker with the kid of a key of the issuer`,
      attack: attack('ES256-key'),
      outcome: forged,
    },
    {
      name: `${name}, signed by an attacker without kid`,
      attack: attack(undefined),
      outcome: forged,
    },
    {
      name: `${name}, signed by an attacker with an unknown kid`,
      attack: attack('mine'),
      outcome: unknownKey,
    },
    {
      name: `${name}, signed with the right key`,
      attack: (target) => {
        const key = getKey(target.outsider, 'ES256')
        return target.issuer.token({ header: parameters(key, target) })
      },
      outcome: accepted,
    },
  ]
})

/** Values of `kid` that resemble a published one, or have a meaning for a file system, a database, a shell, a log or a header. */
const KIDS = [
  '../../../../dev/null',
  '/dev/null',
  'file:///dev/null',
  'C:\\nul',
  '\\\\host\\share',
  "k1' UNION SELECT 'x'--",
  "' OR 1=1--",
  '*)(uid=*',
  '{"$ne":null}',
  '${jndi:ldap://x/y}',
  '|id',
  '$(id)',
  '`id`',
  '; rm -rf /',
  '%2e%2e%2f',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'prototype',
  '0',
  '-1',
  'length',
  'k1\r\nSet-Cookie: session=stolen',
  'k1", error="forged',
  'k1\\',
  '\u202egnihtemos',
  '\u0000',
  '\u{1f43b}',
  '\ud800',
  '\u0100 beyond a byte',
  ' ',
  '',
  '*',
  '.*',
  '^.*$',
  'undefined',
  'null',
  'ES256-KEY',
  'es256-key',
  'ES256-key ',
  ' ES256-key',
  'ES256-key\0',
  'ES256-ke',
  'ES256-keys',
  'ES256\u2010key',
  '\uff25S256-key',
  'k'.repeat(8_000),
]

const byKid = KIDS.flatMap((kid): Attack[] => {
  const shown = JSON.stringify(kid.length > 40 ? `${kid.slice(0, 9)}...` : kid)
  return [
    {
      name: `kid ${shown}, signed with the right key`,
      attack: ({ issuer }) => issuer.token({ header: { kid } }),
      outcome: unknownKey,
    },
    {
      name: `kid ${shown}, signed by an attacker`,
      attack: ({ issuer, outsider }) =>
        issuer.token({ header: { kid }, key: getKey(outsider, 'ES256') }),
      outcome: unknownKey,
    },
  ]
})

const byTypeOfKid = [1, 0, null, true, ['ES256-key'], { kid: 'ES256-key' }].map((kid): Attack => {
  return {
    name: `kid ${JSON.stringify(kid)}, signed with the right key`,
    attack: ({ issuer }) => issuer.token({ header: { kid } }),
    outcome: invalidToken('unsupported_header'),
  }
})

const byUnusableKey = UNUSABLE_KEYS.flatMap((kid): Attack[] => [
  {
    name: `a signature by the published but unusable key ${kid}`,
    attack: ({ issuer, unusable }) => issuer.token({ key: unusable[kid] }),
    outcome: unknownKey,
  },
  {
    name: `a signature without kid by the published but unusable key ${kid}`,
    attack: ({ issuer, unusable }) =>
      issuer.token({ key: unusable[kid], header: { kid: undefined } }),
    outcome: forged,
  },
])

const TRUSTED = ['issuer', 'other'] as const
/** Names of the issuers for titles. */
const NAMES = {
  issuer: 'the first issuer',
  other: 'the second issuer',
  outsider: 'an untrusted issuer',
} as const

/** Tokens with the right claims of one issuer, signed with the key of another one (RFC 8725 section 3.8). */
const crossed = TRUSTED.flatMap((named) =>
  ([...TRUSTED, 'outsider'] as const)
    .filter((signing) => signing !== named)
    .flatMap((signing): Attack[] => {
      const attack = (header: Record<string, unknown>): Attack['attack'] => {
        return (target) => target[named].token({ key: firstKey(target[signing]), header })
      }
      return [
        {
          name: `iss of ${NAMES[named]}, signed by ${NAMES[signing]} with a shared kid`,
          attack: attack({}),
          outcome: forged,
        },
        {
          name: `iss of ${NAMES[named]}, signed by ${NAMES[signing]} without kid`,
          attack: attack({ kid: undefined }),
          outcome: forged,
        },
      ]
    }),
)

function firstKey(issuer: TestIssuer): TestKey {
  return issuer.keys[0]!
}

export const KEYS: readonly Attack[] = [
  ...suppliedKeys,
  ...byKid,
  ...byTypeOfKid,
  {
    name: 'a kid of 1 MB',
    attack: ({ issuer }) => issuer.token({ header: { kid: 'k'.repeat(1_000_000) } }),
    outcome: invalidToken('token_too_long'),
  },
  ...byUnusableKey,
  {
    name: 'the universal signature for the published small-order key',
    attack: ({ issuer }) =>
      withSignature(issuer.token({ header: { alg: 'Ed25519', kid: 'small-order' } }), () =>
        Buffer.concat([Buffer.of(1), Buffer.alloc(63)]),
      ),
    outcome: unknownKey,
  },
  {
    name: 'an HMAC with the published secret',
    attack: ({ sharing }) => sharing.token({ kid: 'symmetric' }, { iss: ISSUER }),
    outcome: unsupportedAlgorithm,
  },
  ...crossed,
  {
    name: 'iss of the issuer that has a secret, signed with the key of another issuer',
    attack: ({ issuer }) => issuer.token({ claims: { iss: SHARING_ISSUER } }),
    outcome: unsupportedAlgorithm,
  },
  {
    name: 'a token of the other issuer for the audience of the first issuer',
    attack: ({ other }) => other.token({ claims: { aud: AUDIENCE } }),
    outcome: invalidToken('wrong_audience'),
  },
  {
    name: 'a valid token of the issuer that has a secret',
    attack: ({ sharing }) => sharing.token(),
    outcome: accepted,
  },
  {
    name: 'an HMAC of the issuer that has a secret, with an unknown kid',
    attack: ({ sharing }) => sharing.token({ kid: '../../dev/null' }),
    outcome: accepted,
  },
  ...['HS384', 'HS512', 'none', 'RS256'].map((alg): Attack => {
    return {
      name: `alg ${alg} for the issuer that has a secret`,
      attack: ({ sharing }) => sharing.token({ alg }),
      outcome: unsupportedAlgorithm,
    }
  }),
  ...[0, 1, 16, 31].map((length): Attack => {
    return {
      name: `an HMAC truncated to ${length} bytes`,
      attack: ({ sharing }) => withSignature(sharing.token(), (mac) => mac.subarray(0, length)),
      outcome: length === 0 ? invalidToken('malformed_token') : forged,
    }
  }),
  {
    name: 'a token of an unknown issuer',
    attack: ({ outsider }) => outsider.token(),
    outcome: invalidToken('unknown_issuer'),
  },
]
