import { selfSignedCertificate } from '../support/certificate.ts'
import { AUDIENCE, ISSUER, type TestIssuer } from '../support/issuer.ts'
import type { TestKey } from '../support/keys.ts'
import { withSignature } from '../support/tokens.ts'
import { type Attack, harmless, invalidToken } from './attack.ts'
import { keyOf } from './forged-tokens.ts'
import { SHARING_ISSUER, type Target, UNFIT_KEYS } from './target.ts'

const unknownKey = invalidToken('unknown_key')
const forged = invalidToken('invalid_signature')
const unsupportedAlgorithm = invalidToken('unsupported_algorithm')

/** Header parameters that bring a key along, or say where one is (RFC 7515 sections 4.1.2 to 4.1.8). */
const BROUGHT_ALONG: readonly (readonly [
  name: string,
  parameters: (key: TestKey, target: Target) => Record<string, unknown>,
])[] = [
  ['jwk, the public key', (key) => ({ jwk: key.jwk })],
  ['jwk, the private key', (key) => ({ jwk: key.privateKey.export({ format: 'jwk' }) })],
  ['jwk, a secret', () => ({ jwk: { kty: 'oct', k: 'AAAA' } })],
  ['jwk, a text', (key) => ({ jwk: JSON.stringify(key.jwk) })],
  ['jku', (_, { canary }) => ({ jku: `${canary}/jwks` })],
  [
    'jku with the host of the issuer in it',
    (_, { canary, issuer }) => {
      return { jku: `${issuer.issuer}@${canary.slice('http://'.length)}/jwks` }
    },
  ],
  ['jku of a cloud', () => ({ jku: 'http://169.254.169.254/latest/meta-data/' })],
  ['jku of a file', () => ({ jku: 'file:///etc/passwd' })],
  [
    'jku with the keys in it',
    (key) => {
      const document = Buffer.from(JSON.stringify({ keys: [key.jwk] })).toString('base64')
      return { jku: `data:application/json;base64,${document}` }
    },
  ],
  ['x5u', (_, { canary }) => ({ x5u: `${canary}/certificate` })],
  ['x5u of a cloud', () => ({ x5u: 'http://169.254.169.254/latest/meta-data/' })],
  ['x5u of a file', () => ({ x5u: 'file:///etc/passwd' })],
  ['x5c', (key) => ({ x5c: [selfSignedCertificate(key).toString('base64')] })],
  ['x5t', () => ({ x5t: 'dGh1bWJwcmludA', 'x5t#S256': 'dGh1bWJwcmludA' })],
  [
    'all of them',
    (key, { canary }) => {
      return { jwk: key.jwk, jku: `${canary}/jwks`, x5u: `${canary}/x5u`, x5c: [], x5t: 'AA' }
    },
  ],
]

const broughtAlong = BROUGHT_ALONG.flatMap(([name, parameters]): Attack[] => {
  const attack = (kid: string | undefined): Attack['attack'] => {
    return (target) => {
      const key = keyOf(target.outsider, 'ES256')
      return target.issuer.token({ key, header: { ...parameters(key, target), kid } })
    }
  }
  return [
    {
      name: `${name}, with the kid of a key of the issuer`,
      attack: attack('ES256-key'),
      outcome: forged,
    },
    { name: `${name}, with no kid`, attack: attack(undefined), outcome: forged },
    { name: `${name}, with a kid of its own`, attack: attack('mine'), outcome: unknownKey },
    {
      name: `${name}, under a signature by the right key`,
      attack: (target) => {
        const key = keyOf(target.outsider, 'ES256')
        return target.issuer.token({ header: parameters(key, target) })
      },
      outcome: harmless,
    },
  ]
})

/** Texts for `kid` that mean something to a file system, a database, a shell, a log, a header. */
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
      name: `kid ${shown}, signed by the right key`,
      attack: ({ issuer }) => issuer.token({ header: { kid } }),
      outcome: unknownKey,
    },
    {
      name: `kid ${shown}, signed by an attacker`,
      attack: ({ issuer, outsider }) =>
        issuer.token({ header: { kid }, key: keyOf(outsider, 'ES256') }),
      outcome: unknownKey,
    },
  ]
})

const bySortOfKid = [1, 0, null, true, ['ES256-key'], { kid: 'ES256-key' }].map((kid): Attack => {
  return {
    name: `kid ${JSON.stringify(kid)}, signed by the right key`,
    attack: ({ issuer }) => issuer.token({ header: { kid } }),
    outcome: invalidToken('unsupported_header'),
  }
})

const byUnfitKey = UNFIT_KEYS.flatMap((kid): Attack[] => [
  {
    name: `a key that the issuer publishes and that must not serve: ${kid}`,
    attack: ({ issuer, unfit }) => issuer.token({ key: unfit[kid] }),
    outcome: unknownKey,
  },
  {
    name: `a key that must not serve, and no kid: ${kid}`,
    attack: ({ issuer, unfit }) => issuer.token({ key: unfit[kid], header: { kid: undefined } }),
    outcome: forged,
  },
])

const TRUSTED = ['issuer', 'other'] as const

/** Every issuer with the key of every other one, with the claims that would be right (RFC 8725 3.8). */
const crossed = TRUSTED.flatMap((named) =>
  ([...TRUSTED, 'outsider'] as const)
    .filter((signing) => signing !== named)
    .flatMap((signing): Attack[] => {
      const attack = (header: Record<string, unknown>): Attack['attack'] => {
        return (target) => target[named].token({ key: firstKey(target[signing]), header })
      }
      return [
        { name: `iss ${named}, signed by ${signing}`, attack: attack({}), outcome: forged },
        {
          name: `iss ${named}, signed by ${signing}, no kid`,
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
  ...broughtAlong,
  ...byKid,
  ...bySortOfKid,
  {
    name: 'a kid of a megabyte',
    attack: ({ issuer }) => issuer.token({ header: { kid: 'k'.repeat(1_000_000) } }),
    outcome: invalidToken('token_too_long'),
  },
  ...byUnfitKey,
  {
    name: 'the signature that is good for every message, under the published small-order key',
    attack: ({ issuer }) =>
      withSignature(issuer.token({ header: { alg: 'Ed25519', kid: 'small-order' } }), () =>
        Buffer.concat([Buffer.of(1), Buffer.alloc(63)]),
      ),
    outcome: unknownKey,
  },
  {
    name: 'the published secret',
    attack: ({ sharing }) => sharing.token({ kid: 'symmetric' }, { iss: ISSUER }),
    outcome: unsupportedAlgorithm,
  },
  ...crossed,
  {
    name: 'iss of the issuer with a secret, signed by another issuer',
    attack: ({ issuer }) => issuer.token({ claims: { iss: SHARING_ISSUER } }),
    outcome: unsupportedAlgorithm,
  },
  {
    name: 'a good token of the other issuer for the audience of the first',
    attack: ({ other }) => other.token({ claims: { aud: AUDIENCE } }),
    outcome: invalidToken('wrong_audience'),
  },
  {
    name: 'a good token of the issuer with a secret',
    attack: ({ sharing }) => sharing.token(),
    outcome: harmless,
  },
  {
    name: 'an HMAC of the issuer with a secret, under a kid',
    attack: ({ sharing }) => sharing.token({ kid: '../../dev/null' }),
    outcome: harmless,
  },
  ...['HS384', 'HS512', 'none', 'RS256'].map((alg): Attack => {
    return {
      name: `alg ${alg} for the issuer with a secret`,
      attack: ({ sharing }) => sharing.token({ alg }),
      outcome: unsupportedAlgorithm,
    }
  }),
  ...[0, 1, 16, 31].map((length): Attack => {
    return {
      name: `an HMAC cut to ${length} bytes`,
      attack: ({ sharing }) => withSignature(sharing.token(), (mac) => mac.subarray(0, length)),
      outcome: length === 0 ? invalidToken('malformed_token') : forged,
    }
  }),
  {
    name: 'an outsider who signs for himself',
    attack: ({ outsider }) => outsider.token(),
    outcome: invalidToken('unknown_issuer'),
  },
]
