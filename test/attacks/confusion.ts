import { createSecretKey } from 'node:crypto'
import type { TestKey } from '../support/keys.ts'
import { signCompact } from '../support/tokens.ts'
import { type Attack, invalidToken } from './attack.ts'
import { goodClaims, getKey } from './forged-tokens.ts'
import { SHARING_ISSUER, type Target } from './target.ts'

/** Encodings of a public key, and other guesses, that a verifier with a fault might use as an HMAC secret. */
const SECRETS: readonly (readonly [
  name: string,
  toSecret: (key: TestKey) => string | Uint8Array,
])[] = [
  ['PEM', (key) => pem(key).trimEnd()],
  ['PEM with one line feed', (key) => pem(key)],
  ['PEM with two line feeds', (key) => `${pem(key)}\n`],
  ['a space and PEM', (key) => ` ${pem(key)}`],
  ['a line feed and PEM', (key) => `\n${pem(key)}`],
  ['garbage and PEM', (key) => `x${pem(key)}`],
  ['PEM with carriage returns', (key) => pem(key).replaceAll('\n', '\r\n')],
  ['PEM without line feeds', (key) => pem(key).replaceAll('\n', '')],
  ['the base64 text of PEM', (key) => spki(key).toString('base64')],
  ['DER', (key) => spki(key)],
  ['PEM of PKCS #1', (key) => pkcs1(key, 'pem')],
  ['DER of PKCS #1', (key) => pkcs1(key, 'der')],
  ['JWK in JSON', (key) => JSON.stringify(key.jwk)],
  [
    'JWK in JSON without kid and alg',
    (key) => JSON.stringify(key.publicKey.export({ format: 'jwk' })),
  ],
  ['JWK Set in JSON', (key) => JSON.stringify({ keys: [key.jwk] })],
  ['the SSH format', (key) => ssh(key)],
  ['the octets of the modulus or of x', (key) => Buffer.from(bareText(key), 'base64url')],
  ['the base64url text of the modulus or of x', (key) => bareText(key)],
  ['the kid', (key) => key.kid],
  ['no octets', () => ''],
  ['32 zero octets', () => Buffer.alloc(32)],
  ['the text undefined', () => 'undefined'],
  ['the text [object Object]', () => '[object Object]'],
  ['the text secret', () => 'secret'],
]

function pem(key: TestKey): string {
  return key.publicKey.export({ format: 'pem', type: 'spki' }) as string
}

function spki(key: TestKey): Buffer {
  return key.publicKey.export({ format: 'der', type: 'spki' })
}

/** Returns PKCS #1 for an RSA key, and SPKI for other keys, which have no PKCS #1. */
function pkcs1(key: TestKey, format: 'pem' | 'der'): string | Buffer {
  if (key.jwk['kty'] !== 'RSA') return format === 'pem' ? pem(key) : spki(key)
  return format === 'pem'
    ? key.publicKey.export({ format: 'pem', type: 'pkcs1' })
    : key.publicKey.export({ format: 'der', type: 'pkcs1' })
}

/** Returns the modulus of an RSA key, or the first coordinate of another key. */
function bareText(key: TestKey): string {
  return (key.jwk['n'] ?? key.jwk['x']) as string
}

/** Returns the key in the format of SSH (RFC 4253 section 6.6, RFC 5656 section 3.1). */
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

/** Creates a token of the issuer with an HMAC in place of the signature. */
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
  SECRETS.flatMap(([name, toSecret]): Attack[] => [
    {
      name: `HS256 with the kid of the ${alg} key, and a secret guessed for that key: ${name}`,
      attack(target) {
        const key = getKey(target.issuer, alg)
        return tokenWithMac(target, toSecret(key), { alg: 'HS256', kid: key.kid })
      },
      outcome: unsupported,
    },
    {
      name: `HS512 without kid, and a secret guessed for the ${alg} key: ${name}`,
      attack: (target) =>
        tokenWithMac(target, toSecret(getKey(target.issuer, alg)), { alg: 'HS512' }),
      outcome: unsupported,
    },
    {
      name: `alg ${alg} with an HMAC instead of a signature, and a secret guessed for the key: ${name}`,
      attack(target) {
        const key = getKey(target.issuer, alg)
        return tokenWithMac(target, toSecret(key), { alg, kid: key.kid })
      },
      outcome: forged,
    },
    {
      name: `HS256 for the issuer that has a secret, and a secret guessed for the ${alg} key of another issuer: ${name}`,
      attack(target) {
        const secret = toSecret(getKey(target.issuer, alg))
        return tokenWithMac(target, secret, { alg: 'HS256' }, { iss: SHARING_ISSUER })
      },
      outcome: forged,
    },
  ]),
)
