import { signCompact } from '../support/tokens.ts'
import { ISSUER } from '../support/issuer.ts'
import { type Attack, granted, invalidToken } from './attack.ts'
import { tokenWithClaim } from './forged-tokens.ts'
import { SHARING_ISSUER } from './target.ts'

const api = 'dynamic'
const unknownIssuer = invalidToken('unknown_issuer')
const forged = invalidToken('invalid_signature')

/** Values of `iss` that name no tenant, or that a faulty function `match` might accept. */
const NAMES: readonly (readonly [name: string, iss: unknown])[] = [
  ['a user name that is the host of a tenant', `${ISSUER}@evil.example`],
  ['a user name and a password', `${ISSUER}:443@evil.example/`],
  ['a percent-encoded slash before the at sign', `${ISSUER}%2F@evil.example/`],
  ['a backslash after the host of the attacker', 'https://evil.example\\.as.example.com'],
  ['a host that begins with the host of a tenant', `${ISSUER}.evil.example`],
  ['a host in upper case', ISSUER.toUpperCase()],
  ['a host with a full-width letter', ISSUER.replace('e', '\uff45')],
  ['the default port', `${ISSUER}:443`],
  ['a slash at the end', `${ISSUER}/`],
  ['two slashes at the end', `${ISSUER}//`],
  ['a dot at the end of the host', `${ISSUER}.`],
  ['dot segments', `${ISSUER}/tenant/..`],
  ['a query', `${ISSUER}?`],
  ['a fragment', `${ISSUER}#`],
  ['a line feed at the end', `${ISSUER}\n`],
  ['a tab in the scheme', ISSUER.replace('https', 'ht\ttps')],
  ['a null character', `${ISSUER}\0`],
  ['a space before it', ` ${ISSUER}`],
  ['http instead of https', ISSUER.replace('https', 'http')],
  ['8000 characters', ISSUER.padEnd(8000, '/a')],
  ['a tenant that does not exist', 'https://invented.example.com'],
  ['an array', [ISSUER]],
  ['an object', { issuer: ISSUER, toString: ISSUER }],
  ['null', null],
  ['a number', 0],
  ['true', true],
  ['an empty text', ''],
  ['the name of a prototype', '__proto__'],
  ['the name of an inherited member', 'constructor'],
]

/** Attacks on an API whose issuers come from functions. */
export const DYNAMIC_ISSUERS: readonly Attack[] = [
  {
    name: 'a valid token of a tenant',
    attack: ({ issuer }) => issuer.token(),
    outcome: granted('machine', 'reports-cron'),
    api,
  },
  ...NAMES.map(([name, iss]): Attack => ({
    name: `an iss with another form: ${name}`,
    attack: ({ issuer }) => issuer.token({ claims: { iss } }),
    outcome: unknownIssuer,
    api,
  })),
  {
    name: 'the iss of a tenant in escaped characters, and a key of another tenant',
    attack: ({ issuer, other }) =>
      tokenWithClaim(
        { ...issuer, token: (given) => issuer.token({ ...given, key: other.keys[0]! }) },
        'iss',
        `"${ISSUER.replace('h', '\\u0068')}"`,
      ),
    outcome: forged,
    api,
  },
  {
    name: 'the key of another tenant that has the same kid',
    attack: ({ issuer, other }) => issuer.token({ key: other.keys[0]! }),
    outcome: forged,
    api,
  },
  {
    name: 'the key of the attacker with the kid of a tenant',
    attack: ({ issuer, outsider }) => issuer.token({ key: outsider.keys[0]! }),
    outcome: forged,
    api,
  },
  {
    name: 'the iss of a tenant that has a secret, and a key of another tenant',
    attack: ({ issuer }) => issuer.token({ claims: { iss: SHARING_ISSUER } }),
    outcome: invalidToken('unsupported_algorithm'),
    api,
  },
  {
    name: 'the iss of another tenant, and the secret of a tenant',
    attack: ({ sharing }) => sharing.token({}, { iss: ISSUER }),
    outcome: invalidToken('unsupported_algorithm'),
    api,
  },
  {
    name: 'an untrusted issuer that match does not accept',
    attack: ({ outsider }) => outsider.token(),
    outcome: unknownIssuer,
    api,
  },
  {
    name: 'a jku with the address of the keys of the attacker',
    attack: ({ issuer, outsider, attackerUrl }) => {
      const [key] = outsider.keys
      const header = { alg: key!.alg, typ: 'at+jwt', kid: key!.kid, jku: attackerUrl }
      const claims = { iss: issuer.issuer, jwks_uri: attackerUrl, issuer: attackerUrl }
      return signCompact(header, claims, key!.alg, key!.privateKey)
    },
    outcome: forged,
    api,
  },
]
