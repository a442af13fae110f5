import { createSecretKey } from 'node:crypto'
import type { TestKey } from '../support/keys.ts'
import { signCompact } from '../support/tokens.ts'
import { type Attack, invalidToken } from './attack.ts'
import { goodClaims, keyOf } from './forged-tokens.ts'
import { SHARING_ISSUER, type Target } from './target.ts'

/** Everything an attacker can make of a public key that a careless verifier might take for a secret. */
const SECRETS: readonly (readonly [
  name: string,
  secretOf: (key: TestKey) => string | Uint8Array,
])[] = [
  ['PEM', (key) => pem(key).trimEnd()],
  ['PEM with its line feed', (key) => pem(key)],
  ['PEM with two line feeds', (key) => `${pem(key)}\n`],
  ['a blank and PEM', (key) => ` ${pem(key)}`],
  ['a line feed and PEM', (key) => `\n${pem(key)}`],
  ['garbage and PEM', (key) => `x${pem(key)}`],
  ['PEM with carriage returns', (key) => pem(key).replaceAll('\n', '\r\n')],
  ['PEM without line feeds', (key) => pem(key).replaceAll('\n', '')],
  ['the text within PEM', (key) => spki(key).toString('base64')],
  ['DER', (key) => spki(key)],
  ['PEM of PKCS #1', (key) => pkcs1(key, 'pem')],
  ['DER of PKCS #1', (key) => pkcs1(key, 'der')],
  ['JWK in JSON', (key) => JSON.stringify(key.jwk)],
  ['JWK in JSON, bare', (key) => JSON.stringify(key.publicKey.export({ format: 'jwk' }))],
  ['JWK Set in JSON', (key) => JSON.stringify({ keys: [key.jwk] })],
  ['the form of SSH', (key) => ssh(key)],
  ['the bytes of the key', (key) => Buffer.from(bareText(key), 'base64url')],
  ['the text of the key in JWK', (key) => bareText(key)],
  ['its kid', (key) => key.kid],
  ['nothing', () => ''],
  ['zeros', () => Buffer.alloc(32)],
  ['"undefined"', () => 'undefined'],
  ['"[object Object]"', () => '[object Object]'],
  ['"secret"', () => 'secret'],
]

function pem(key: TestKey): string {
  return key.publicKey.export({ format: 'pem', type: 'spki' }) as string
}

function spki(key: TestKey): Buffer {
  return key.publicKey.export({ format: 'der', type: 'spki' })
}

/** RSA has a form of its own; for the other keys the same name stands for the general one. */
function pkcs1(key: TestKey, format: 'pem' | 'der'): string | Buffer {
  if (key.jwk['kty'] !== 'RSA') return format === 'pem' ? pem(key) : spki(key)
  return format === 'pem'
    ? key.publicKey.export({ format: 'pem', type: 'pkcs1' })
    : key.publicKey.export({ format: 'der', type: 'pkcs1' })
}

/** The modulus, or the first coordinate. */
function bareText(key: TestKey): string {
  return (key.jwk['n'] ?? key.jwk['x']) as string
}

/** RFC 4253 section 6.6 and RFC 5656 section 3.1. */
function ssh(key: TestKey): string {
  const bytes = (name: string) => Buffer.from(key.jwk[name] as string, 'base64url')
  const [type, ...fields] =
    key.jwk['kty'] === 'RSA'
      ? ['ssh-rsa', bytes('e'), Buffer.concat([Buffer.of(0), bytes('n')])]
      : [
          'ecdsa-sha2-nistp256',
          Buffer.from('nistp256'),
          Buffer.concat([Buffer.of(4), bytes('x'), bytes('y')]),
        ]
  const blob = [Buffer.from(type), ...fields].flatMap((field) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(field.length)
    return [length, field]
  })
  return `${type} ${Buffer.concat(blob).toString('base64')}`
}

function tokenWithMac(
  target: Target,
  secret: string | Uint8Array,
  header: Record<string, unknown>,
  claims: Record<string, unknown> = {},
): string {
  return signCompact(
    { typ: 'at+jwt', ...header },
    { ...goodClaims(target.issuer), ...claims },
    `HS${String(header['alg']).slice(2)}`,
    createSecretKey(Buffer.from(secret as string)),
  )
}

const unsupported = invalidToken('unsupported_algorithm')
const forged = invalidToken('invalid_signature')

export const CONFUSION: readonly Attack[] = (['RS256', 'ES256'] as const).flatMap((alg) =>
  SECRETS.flatMap(([name, secretOf]): Attack[] => [
    {
      name: `HS256 with ${name} of the key for ${alg}, and its kid`,
      attack(target) {
        const key = keyOf(target.issuer, alg)
        return tokenWithMac(target, secretOf(key), { alg: 'HS256', kid: key.kid })
      },
      outcome: unsupported,
    },
    {
      name: `HS512 with ${name} of the key for ${alg}, and no kid`,
      attack: (target) =>
        tokenWithMac(target, secretOf(keyOf(target.issuer, alg)), { alg: 'HS512' }),
      outcome: unsupported,
    },
    {
      name: `${alg} by name, but an HMAC with ${name}`,
      attack(target) {
        const key = keyOf(target.issuer, alg)
        return tokenWithMac(target, secretOf(key), { alg, kid: key.kid })
      },
      outcome: forged,
    },
    {
      name: `HS256 for the issuer with a secret, with ${name} of the key for ${alg}`,
      attack(target) {
        const secret = secretOf(keyOf(target.issuer, alg))
        return tokenWithMac(target, secret, { alg: 'HS256' }, { iss: SHARING_ISSUER })
      },
      outcome: forged,
    },
  ]),
)
