import { splitToken } from '../support/tokens.ts'
import { type Attack, granted, accepted, invalidToken } from './attack.ts'
import { goodHeader, jsonWith, getKey, tokenWithParameter } from './forged-tokens.ts'

const unsupportedAlgorithm = invalidToken('unsupported_algorithm')
const unsupportedHeader = invalidToken('unsupported_header')
const wrongType = invalidToken('wrong_token_type')
const unknownKey = invalidToken('unknown_key')

/** JSON texts for `alg` that are not an allowed algorithm. */
const ALGS = [
  '"none"',
  '"None"',
  '"nOnE"',
  '"NONE"',
  '"none\\u0000"',
  '" none"',
  '"n\\u006fne"',
  '""',
  'null',
  '0',
  'true',
  '[]',
  '{}',
  '["ES256"]',
  '{"toString":"ES256"}',
  '"HS256"',
  '"HS384"',
  '"HS512"',
  '"HS1"',
  '"RS1"',
  '"ES256K"',
  '"Ed448"',
  '"ES512K"',
  '"es256"',
  '"Es256"',
  '"ES256 "',
  '" ES256"',
  '"ES256\\u0000"',
  '"ES256,none"',
  '"ES-256"',
  '"A128KW"',
  '"dir"',
  '"RSA1_5"',
  '"RSA-OAEP"',
  '"ECDH-ES"',
  '"PBES2-HS256+A128KW"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"hasOwnProperty"',
  '"ML-DSA-44"',
]

/** All these tokens are signed with the right key, so only `alg` can cause the rejection. */
const byAlg: readonly Attack[] = ALGS.map((alg) => {
  return {
    name: `alg ${alg}, signed with the right key`,
    attack: ({ issuer }) => tokenWithParameter(issuer, 'alg', alg),
    outcome: unsupportedAlgorithm,
  }
})

/** Allowed algorithms that do not match the key that `kid` names. That key has signed the token. */
const MISMATCHES = [
  { named: 'ES384', key: 'ES256', signedWith: 'ES256' },
  { named: 'RS256', key: 'ES256', signedWith: 'ES256' },
  { named: 'Ed25519', key: 'ES256', signedWith: 'ES256' },
  { named: 'ES256', key: 'ES384', signedWith: 'ES384' },
  { named: 'ES256', key: 'Ed25519', signedWith: 'Ed25519' },
  { named: 'PS256', key: 'RS256', signedWith: 'PS256' },
  { named: 'RS384', key: 'RS256', signedWith: 'RS384' },
  { named: 'RS512', key: 'RS256', signedWith: 'RS512' },
  { named: 'RS256', key: 'PS256', signedWith: 'RS256' },
  { named: 'PS512', key: 'PS256', signedWith: 'PS512' },
  { named: 'EdDSA', key: 'RS256', signedWith: 'RS256' },
] as const

const byMismatch: readonly Attack[] = MISMATCHES.map(({ named, key, signedWith }) => {
  return {
    name: `alg ${named}, kid of a key for ${key}, signed with ${signedWith}`,
    attack: ({ issuer }) =>
      issuer.token({ header: { alg: named }, key: getKey(issuer, key), signedWith }),
    outcome: unknownKey,
  }
})

/** JSON texts of `crit`, and other header parameters of the same token. */
const CRITS: readonly (readonly [crit: string, others?: Record<string, unknown>])[] = [
  ['["exp"]', { exp: 4_000_000_000 }],
  ['["b64"]', { b64: false }],
  ['["b64"]', { b64: true }],
  ['[]'],
  ['"b64"', { b64: true }],
  ['["alg"]'],
  ['["x"]'],
  ['["x"]', { x: 1 }],
  ['["x","x"]', { x: 1 }],
  ['[""]'],
  ['[1]'],
  ['["b64","b64"]', { b64: true }],
  ['["cnf"]', { cnf: {} }],
  ['null'],
  ['{}'],
  ['false'],
]

const byCrit: readonly Attack[] = CRITS.map(([crit, others = {}]) => {
  return {
    name: `crit ${crit} with ${JSON.stringify(others)}`,
    attack: ({ issuer }) =>
      issuer.token({ header: jsonWith({ ...goodHeader(issuer), ...others }, 'crit', crit) }),
    outcome: unsupportedHeader,
  }
})

/** Other parameters, most of which require processing that access tokens never need. */
const PARAMETERS: readonly (readonly [name: string, text: string, outcome: Attack['outcome']])[] = [
  ['b64', 'false', unsupportedHeader],
  ['b64', 'true', unsupportedHeader],
  ['b64', '"false"', unsupportedHeader],
  ['b64', 'null', unsupportedHeader],
  ['zip', '"DEF"', unsupportedHeader],
  ['zip', '""', unsupportedHeader],
  ['enc', '"A128GCM"', unsupportedHeader],
  ['enc', 'null', unsupportedHeader],
  ['cty', '"JWT"', unsupportedHeader],
  ['cty', '"jwt"', unsupportedHeader],
  ['cty', '"application/jwt"', unsupportedHeader],
  ['cty', '["JWT"]', unsupportedHeader],
  ['cty', 'null', unsupportedHeader],
  ['cty', '"json"', accepted],
  ['p2c', '2147483647', accepted],
  ['epk', '{"kty":"EC"}', accepted],
  ['exp', '1', accepted],
  ['unknown-parameter', '{"deep":[1,2,3]}', accepted],
]

const byParameter: readonly Attack[] = PARAMETERS.map(([name, text, outcome]) => {
  return {
    name: `header parameter ${name} ${text}`,
    attack: ({ issuer }) => tokenWithParameter(issuer, name, text),
    outcome,
  }
})

const OTHER_TYPES = [
  '"id_token+jwt"',
  '"dpop+jwt"',
  '"logout+jwt"',
  '"secevent+jwt"',
  '"oauth-id-jag+jwt"',
  '"token-introspection+jwt"',
  '"oauth-authz-req+jwt"',
  '"client-authentication+jwt"',
  '"kb+jwt"',
  '"dc+sd-jwt"',
  '"vc+sd-jwt"',
  '"statuslist+jwt"',
  '"entity-statement+jwt"',
  '"txntoken+jwt"',
  '"refresh+jwt"',
  '"JOSE"',
  '"JOSE+JSON"',
  '"JWE"',
  '"text/at+jwt"',
  '""',
  '" at+jwt"',
  '"at+jwt "',
  '"at+jwt;v=1"',
  '"at+jwt\\u0000"',
  '"at jwt"',
  '"at"',
  '"application/"',
  '"application/application/at+jwt"',
  '"Application/x/at+jwt"',
  'null',
  '0',
  'true',
  '[]',
  '{}',
  '["at+jwt"]',
]

const byType: readonly Attack[] = OTHER_TYPES.flatMap((typ) =>
  (['any', 'strict'] as const).map((api) => {
    return {
      name: `typ ${typ}${api === 'strict' ? ', if RFC 9068 is required' : ''}`,
      attack: ({ issuer }) => tokenWithParameter(issuer, 'typ', typ),
      outcome: wrongType,
      api,
    }
  }),
)

const ACCESS_TOKEN_TYPES = ['"at+jwt"', '"AT+JWT"', '"application/at+jwt"', '"Application/At+Jwt"']
const TYPES_BY_DEFAULT = ['"JWT"', '"jwt"', '"application/jwt"']

const byOwnType: readonly Attack[] = [
  ...ACCESS_TOKEN_TYPES.map((typ) => ({ typ, strict: accepted })),
  ...TYPES_BY_DEFAULT.map((typ) => ({ typ, strict: wrongType })),
].flatMap(({ typ, strict }): Attack[] => {
  const attack: Attack['attack'] = ({ issuer }) => tokenWithParameter(issuer, 'typ', typ)
  return [
    { name: `typ ${typ}`, attack, outcome: accepted },
    { name: `typ ${typ}, if RFC 9068 is required`, attack, outcome: strict, api: 'strict' },
  ]
})

export const JOSE_HEADER: readonly Attack[] = [
  ...byAlg,
  ...byMismatch,
  ...byCrit,
  ...byParameter,
  ...byType,
  ...byOwnType,
  {
    name: 'no typ',
    attack: ({ issuer }) => issuer.token({ header: { typ: undefined } }),
    outcome: accepted,
  },
  {
    name: 'no typ, if RFC 9068 is required',
    attack: ({ issuer }) => issuer.token({ header: { typ: undefined } }),
    outcome: wrongType,
    api: 'strict',
  },
  {
    name: 'no alg, signed with the right key',
    attack: ({ issuer }) => issuer.token({ header: { alg: undefined } }),
    outcome: unsupportedAlgorithm,
  },
  {
    name: 'alg EdDSA, the other name of Ed25519',
    attack: ({ issuer }) =>
      issuer.token({ header: { alg: 'EdDSA' }, key: getKey(issuer, 'Ed25519') }),
    outcome: granted('machine', 'reports-cron'),
  },
  ...['', '.', 'AA', 'bm9uZQ'].map((signature): Attack => {
    return {
      name: `alg none and the signature ${JSON.stringify(signature)}`,
      attack({ issuer }) {
        const [header, payload] = splitToken(issuer.token({ header: { alg: 'none' } }))
        return `${header}.${payload}.${signature}`
      },
      outcome: signature.length > 1 ? unsupportedAlgorithm : invalidToken('malformed_token'),
    }
  }),
  {
    name: 'alg none, without the second dot',
    attack({ issuer }) {
      const [header, payload] = splitToken(issuer.token({ header: { alg: 'none' } }))
      return `${header}.${payload}`
    },
    outcome: invalidToken('malformed_token'),
  },
  {
    name: 'alg PBES2-HS256+A128KW with 2,147,483,647 iterations',
    attack: ({ issuer }) =>
      issuer.token({
        header: { alg: 'PBES2-HS256+A128KW', p2s: 'AAAA', p2c: 2_147_483_647, enc: 'A128GCM' },
      }),
    outcome: unsupportedAlgorithm,
  },
]
