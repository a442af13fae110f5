import { type Attack, granted, accepted, invalidToken, type Outcome } from './attack.ts'
import { fillIn } from './claims.ts'
import { goodClaims, jsonWith, tokenWithClaim } from './forged-tokens.ts'

const tooLong = invalidToken('token_too_long')
const malformed = invalidToken('malformed_token')

/** JSON texts for `cnf`. Every `cnf` is rejected, because this API has neither the option `dpop` nor `mtls`. */
const CONFIRMATIONS = [
  'null',
  'false',
  '0',
  '""',
  '"x"',
  '[]',
  '{}',
  '{"jkt":1}',
  '{"jkt":""}',
  '{"jkt":"AAAA"}',
  '{"jkt":"AAAA","x5t#S256":"AAAA"}',
  '{"x5t#S256":["AAAA"]}',
  '{"x5t":"AAAA"}',
  '{"kid":"x"}',
  '{"jwk":{"kty":"EC"}}',
  '{"jwe":"a.b.c.d.e"}',
  '{"jku":"https://evil.example"}',
  '{"x":"y"}',
  '{"__proto__":{"jkt":"AAAA"}}',
  '{"constructor":{}}',
]

const POLLUTION = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'toJSON',
  'then',
  'length',
  'includes',
  'authorization_details',
]
const PAYLOADS = [
  '{"polluted":true,"prototype":{"polluted":true},"__proto__":{"polluted":true}}',
  '[{"__proto__":{"polluted":true}}]',
  '"polluted"',
]

const pollution = POLLUTION.flatMap((name) =>
  PAYLOADS.map((text): Attack => {
    return {
      name: `the claim ${name} ${text}`,
      attack: ({ issuer }) => tokenWithClaim(issuer, name, text),
      outcome: accepted,
    }
  }),
)

/** Malformed `act` claims. They do not identify the actor, so the subject kind is unknown. */
const actors = PAYLOADS.map((text): Attack => {
  return {
    name: `the claim act ${text}`,
    attack: ({ issuer }) => tokenWithClaim(issuer, 'act', text),
    outcome: granted('unknown', 'reports-cron'),
  }
})

const repeated = (count: number, of: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => of(i)).join()

const SIZES: readonly (readonly [name: string, claim: string, text: () => string, Outcome])[] = [
  ['a claim of 8 KB', 'pad', () => `"${'p'.repeat(8_000)}"`, accepted],
  ['a claim of 1 MB', 'pad', () => `"${'p'.repeat(1_000_000)}"`, tooLong],
  ['a sub of 8 KB', 'sub', () => `"${'s'.repeat(8_000)}"`, granted('unknown', 's'.repeat(8_000))],
  ['a sub of 1 MB', 'sub', () => `"${'s'.repeat(1_000_000)}"`, tooLong],
  ['600 additional claims', 'pad', () => `1,${repeated(600, (i) => `"c${i}":1`)}`, accepted],
  ['1,000 additional claims', 'pad', () => `1,${repeated(1_000, (i) => `"c${i}":1`)}`, malformed],
  [
    '1,000 additional objects',
    'pad',
    () => `[${repeated(1_000, (i) => `{"c${i}":1}`)}]`,
    malformed,
  ],
  [
    '101 claims with escapes',
    'pad',
    () => `1,${repeated(101, (i) => `"\\u0063${i}":1`)}`,
    malformed,
  ],
  ['10,000 additional claims', 'pad', () => `1,${repeated(10_000, (i) => `"c${i}":1`)}`, tooLong],
  [
    '500 other audiences and the right one',
    'aud',
    () => `[${repeated(500, (i) => `"a${i}"`)},"AUDIENCE"]`,
    accepted,
  ],
  [
    '1,000 other audiences',
    'aud',
    () => `[${repeated(1_000, (i) => `"a${i}"`)}]`,
    invalidToken('wrong_audience'),
  ],
  [
    '100,000 audiences',
    'aud',
    () => `[${repeated(100_000, (i) => `"a${i}"`)},"AUDIENCE"]`,
    tooLong,
  ],
  ['1,000 scopes', 'scope', () => `"${'x '.repeat(1_000)}read"`, accepted],
  ['a scope of 1 MB', 'scope', () => `"${'x'.repeat(1_000_000)}"`, tooLong],
  [
    'arrays 200,000 levels deep',
    'pad',
    () => `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
    tooLong,
  ],
  ['arrays 5,000 levels deep', 'pad', () => `${'['.repeat(5_000)}${']'.repeat(5_000)}`, malformed],
  [
    'an act claim with 1,000 levels',
    'act',
    () => `${'{"act":'.repeat(1_000)}{}${'}'.repeat(1_000)}`,
    malformed,
  ],
  [
    'a claim that occurs 1,001 times',
    'pad',
    () => `1,${repeated(1_000, () => '"pad":1')}`,
    malformed,
  ],
  ['5,000 backslashes', 'pad', () => `"${'\\\\'.repeat(5_000)}"`, accepted],
  ['4,000 quotes', 'pad', () => `"${'\\"'.repeat(4_000)}"`, accepted],
]

export const PAYLOAD: readonly Attack[] = [
  ...CONFIRMATIONS.map((text): Attack => {
    return {
      name: `the claim cnf ${text}`,
      attack: ({ issuer }) => tokenWithClaim(issuer, 'cnf', text),
      outcome: invalidToken('unsupported_binding'),
    }
  }),
  ...pollution,
  ...actors,
  {
    name: 'all claims except iss as members of __proto__',
    attack: ({ issuer }) =>
      issuer.token({
        claims: `{"iss":"${issuer.issuer}","__proto__":${JSON.stringify(goodClaims(issuer))}}`,
      }),
    outcome: invalidToken('missing_claim'),
  },
  {
    name: 'iss as a member of __proto__',
    attack: ({ issuer }) =>
      issuer.token({
        claims: jsonWith(
          { ...goodClaims(issuer), iss: undefined },
          '__proto__',
          JSON.stringify({ iss: issuer.issuer }),
        ),
      }),
    outcome: invalidToken('unknown_issuer'),
  },
  ...SIZES.map(([name, claim, text, outcome]): Attack => {
    return {
      name,
      attack: ({ issuer, clock }) => tokenWithClaim(issuer, claim, fillIn(text(), clock.seconds())),
      outcome,
    }
  }),
]
