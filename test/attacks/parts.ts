import { splitToken } from '../support/tokens.ts'
import { type Attack, invalidRequest, invalidToken, type Outcome } from './attack.ts'
import { goodClaims, goodHeader, getKey } from './forged-tokens.ts'

const malformed = invalidToken('malformed_token')
const forged = invalidToken('invalid_signature')

/** Arrangements of the parts of two valid tokens. The same key has signed both tokens. */
const ARRANGEMENTS: readonly (readonly [
  name: string,
  arrange: (one: readonly string[], two: readonly string[]) => string,
  outcome: Outcome,
])[] = [
  ['payload and header swapped', ([h, p, s]) => `${p}.${h}.${s}`, invalidToken('unknown_issuer')],
  ['header and signature swapped', ([h, p, s]) => `${s}.${p}.${h}`, malformed],
  ['payload and signature swapped', ([h, p, s]) => `${h}.${s}.${p}`, malformed],
  ['the payload of another token', ([h, , s], [, p]) => `${h}.${p}.${s}`, forged],
  ['the header of another token', ([, p, s], [h]) => `${h}.${p}.${s}`, forged],
  ['the signature of another token', ([h, p], [, , s]) => `${h}.${p}.${s}`, forged],
  ['no payload', ([h, , s]) => `${h}..${s}`, malformed],
  ['no header', ([, p, s]) => `.${p}.${s}`, malformed],
  ['no signature', ([h, p]) => `${h}.${p}.`, malformed],
  ['no signature and no second dot', ([h, p]) => `${h}.${p}`, malformed],
  ['only a header', ([h]) => `${h}`, malformed],
  ['a leading dot', ([h, p, s]) => `.${h}.${p}.${s}`, malformed],
  ['a trailing dot', ([h, p, s]) => `${h}.${p}.${s}.`, malformed],
  ['four parts', ([h, p, s]) => `${h}.${p}.${s}.${s}`, malformed],
  ['five parts', ([h, p, s]) => `${h}.${p}.${s}.${h}.${p}`, malformed],
  ['two tokens', ([h, p, s], other) => `${h}.${p}.${s}.${other.join('.')}`, malformed],
  ['double dots', ([h, p, s]) => `${h}..${p}..${s}`, malformed],
  ['only dots', () => '..', malformed],
  ['one dot', () => '.', malformed],
  ['a.b.c.d.e', () => 'a.b.c.d.e', malformed],
  ['10,000 dots', () => '.'.repeat(10_000), malformed],
  ['10,000 dots between parts', ([h, p, s]) => `${h}.${'.'.repeat(10_000)}${p}.${s}`, malformed],
  ['an opaque token', () => 'mF_9.B5f-4.1JqM', malformed],
  ['a trailing disclosure (SD-JWT)', ([h, p, s]) => `${h}.${p}.${s}~WyJhIl0~`, malformed],
  ['a PASETO', ([, p]) => `v4.public.${p}`, malformed],
]

export const PARTS: readonly Attack[] = [
  ...ARRANGEMENTS.map(([name, arrange, outcome]): Attack => {
    return {
      name,
      attack({ issuer }) {
        const one = issuer.token({ header: { cty: 'one' } })
        const two = issuer.token({ header: { cty: 'two' }, claims: { sub: 'admin' } })
        return arrange(splitToken(one), splitToken(two))
      },
      outcome,
    }
  }),
  {
    name: 'the header for another key of the issuer',
    attack({ issuer }) {
      const [, payload, signature] = splitToken(issuer.token())
      const [header] = splitToken(issuer.token({ key: getKey(issuer, 'Ed25519') }))
      return `${header}.${payload}.${signature}`
    },
    outcome: forged,
  },
  {
    name: 'the JSON serialization',
    attack: ({ issuer }) => serialized(issuer.token()),
    outcome: invalidRequest('multiple_credentials'),
  },
  {
    name: 'the JSON serialization in base64url',
    attack: ({ issuer }) => Buffer.from(serialized(issuer.token())).toString('base64url'),
    outcome: malformed,
  },
  {
    name: 'the JSON serialization as the header',
    attack({ issuer }) {
      const [, payload, signature] = splitToken(issuer.token())
      return `${Buffer.from(serialized(issuer.token())).toString('base64url')}.${payload}.${signature}`
    },
    outcome: invalidToken('unsupported_algorithm'),
  },
  {
    name: 'a nested token',
    attack: ({ issuer }) => issuer.token({ header: { cty: 'JWT' }, claims: issuer.token() }),
    outcome: malformed,
  },
  {
    name: 'a detached payload with b64 false',
    attack({ issuer }) {
      const header = { ...goodHeader(issuer), b64: false, crit: ['b64'] }
      const [encoded, , signature] = splitToken(issuer.token({ header }))
      return `${encoded}..${signature}`
    },
    outcome: malformed,
  },
  {
    name: 'a CWT (COSE_Sign1) in base64url',
    attack: ({ issuer }) =>
      Buffer.from([0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0, 0x58])
        .toString('base64url')
        .concat(Buffer.from(JSON.stringify(goodClaims(issuer))).toString('base64url')),
    outcome: malformed,
  },
]

function serialized(token: string): string {
  const [header, payload, signature] = splitToken(token)
  return JSON.stringify({ payload, protected: header, signature })
}
