import {
  type Attack,
  forbidden,
  granted,
  insufficientAuthentication as insufficient,
  type Outcome,
} from './attack.ts'
import { fillIn } from './claims.ts'
import { goodClaims, jsonWith } from './forged-tokens.ts'

const user = granted('user', 'alice')

type Rows = readonly (readonly [text: string, outcome: Outcome])[]

/** JSON texts for `acr`, behind a guard that requires `urn:mfa`. */
const ACRS: Rows = [
  ['"urn:mfa"', user],
  ['"urn\\u003amfa"', user],
  ...[
    '""',
    '"urn"',
    '"urn:mfa "',
    '" urn:mfa"',
    '"URN:MFA"',
    '"urn:mfa\\u0000"',
    '"urn:mfa\\n"',
    '"urn:mfa urn:mfa"',
    '"urn:mfa,urn:a"',
    '"urn:\\uff4dfa"',
    '"*"',
    '"__proto__"',
    '"constructor"',
    '"length"',
    '"0"',
    '0',
    '1',
    'true',
    'null',
    '[]',
    '["urn:mfa"]',
    '[["urn:mfa"]]',
    '{}',
    '{"0":"urn:mfa","length":1}',
    '{"toString":"urn:mfa"}',
    '{"value":"urn:mfa"}',
    '{"__proto__":"urn:mfa"}',
    '{"__proto__":{"acr":"urn:mfa"}}',
  ].map((text) => [text, insufficient] as const),
]

/** JSON texts for `auth_time`, behind a guard that requires an authentication in the last 300 seconds. */
const AUTH_TIMES: Rows = [
  ...['NOW', 'NOW-300', 'NOW-305', 'NOW+5', 'NOW-0.5'].map((text) => [text, user] as const),
  ...[
    'NOW-305.5',
    'NOW-306',
    'NOW+5.5',
    'NOW+6',
    'NOW+86400',
    '0',
    '-0',
    '-1',
    '1',
    '1e400',
    '-1e400',
    '9e99',
    '-9e99',
    '9007199254740991',
    '9007199254740993',
    '1900000000000',
    '"NOW"',
    '"1900000000"',
    '"Infinity"',
    '"NaN"',
    '""',
    'null',
    'true',
    '[]',
    '[NOW]',
    '{}',
    '{"valueOf":NOW}',
    '{"__proto__":NOW}',
  ].map((text) => [text, insufficient] as const),
]

const OF_ALICE = { sub: 'alice', client_id: 'web' }

function toAttacks(name: 'acr' | 'auth_time', rows: Rows): readonly Attack[] {
  return rows.map(([text, outcome]): Attack => ({
    name: `the claim ${name} ${text}`,
    attack({ issuer, clock }) {
      const now = clock.seconds()
      const claims = { ...goodClaims(issuer), ...OF_ALICE, acr: 'urn:mfa', auth_time: now }
      return issuer.token({ claims: jsonWith(claims, name, fillIn(text, now)) })
    },
    outcome,
    api: 'step-up',
  }))
}

/** Claims in place of `acr` and `auth_time`. */
const ELSEWHERE: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { Acr: 'urn:mfa', Auth_time: 1_900_000_000 },
  { acr_values: 'urn:mfa', max_age: 0 },
  { amr: ['mfa'], authTime: 1_900_000_000 },
  { authorization: { acr: 'urn:mfa', auth_time: 1_900_000_000 } },
  { constructor: { acr: 'urn:mfa', auth_time: 1_900_000_000 } },
  { act: { sub: 'bob', acr: 'urn:mfa', auth_time: 1_900_000_000 } },
]

/** Tokens of users without the required authentication, and tokens of machines. */
export const STEP_UP: readonly Attack[] = [
  ...toAttacks('acr', ACRS),
  ...toAttacks('auth_time', AUTH_TIMES),
  ...ELSEWHERE.map((claims): Attack => ({
    name: `a token of a user without acr and auth_time, with ${JSON.stringify(claims)}`,
    attack: ({ issuer }) => issuer.token({ claims: { ...OF_ALICE, ...claims } }),
    outcome: insufficient,
    api: 'step-up',
  })),
  {
    name: 'a token of a machine without acr and auth_time',
    attack: ({ issuer }) => issuer.token(),
    outcome: forbidden('wrong_subject'),
    api: 'step-up',
  },
]
