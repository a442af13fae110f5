import { generateKeyPairSync } from 'node:crypto'
import { generateKey, type TestKey } from '../../support/keys.ts'
import { partsOf } from '../../support/tokens.ts'
import { KEYS, token } from '../fixture.ts'
import { by, bytesOf, changed, type DocumentCase, padded, sound, spoilt } from './document-case.ts'

const { ed25519, rs256 } = KEYS

const weak = [512, 1024, 2047].map((bits) => generateKey('RS256', `rsa-${bits}`, bits))

const x = bytesOf(sound.jwk['x'])
const y = bytesOf(sound.jwk['y'])
const anotherY = Buffer.from(y).fill(y[31]! ^ 1, 31)
const withoutZero = keyWithoutItsZero()

const pair = generateKeyPairSync('ed448')
const ed448: TestKey = {
  ...pair,
  alg: 'Ed25519',
  kid: 'ed448',
  jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid: 'ed448' },
}

const neutral = Buffer.alloc(32).fill(1, 0, 1)
const ofOrderFour = Buffer.alloc(32)
const ofOrderTwo = Buffer.alloc(32, 0xff).fill(0xec, 0, 1).fill(0x7f, 31)
/** With the neutral element for a key, this is a signature of everything (RFC 8032 section 5.1.7). */
const ofEverything = Buffer.concat([neutral, Buffer.alloc(32)]).toString('base64url')
const [header, payload] = partsOf(token({ key: ed25519, header: { kid: 'small' } }))

/** The numbers that keys are made of (RFC 7518 section 6, RFC 8037 section 2). */
export const material: readonly DocumentCase[] = [
  {
    ids: ['7518-28'],
    title: 'refuses RSA keys of less than 2048 bits',
    keys: weak.map(({ jwk }) => jwk),
    ignored: ['weak_key', 'weak_key', 'weak_key'],
    tokens: weak.map((key) => [by(key), 'unknown_key'] as const),
  },
  {
    ids: [],
    title: 'refuses RSA keys whose exponent is one, even, or too long',
    keys: ['AQ', 'Ag', 'AQAAAAE'].map((e) => ({ ...rs256.jwk, e })),
    ignored: ['weak_key', 'weak_key', 'weak_key'],
    tokens: [[by(rs256), 'unknown_key']],
  },
  {
    ids: ['7518-34'],
    title: 'refuses coordinates that are not of the size of the field',
    keys: [
      withoutZero.jwk,
      spoilt({ x: padded(x) }),
      spoilt({ y: padded(y) }),
      spoilt({ x: x.subarray(1).toString('base64url') }),
      spoilt({ y: y.subarray(0, 31).toString('base64url') }),
      spoilt({ x: '' }),
    ],
    ignored: Array.from({ length: 6 }, () => 'malformed_key'),
    tokens: [
      [by(withoutZero), 'unknown_key'],
      [by(sound), 'unknown_key'],
    ],
  },
  {
    ids: ['7518-35'],
    title: 'refuses a modulus with a zero octet in front',
    keys: [{ ...rs256.jwk, n: padded(bytesOf(rs256.jwk['n'])) }],
    ignored: ['weak_key'],
    tokens: [[by(rs256), 'unknown_key']],
  },
  {
    ids: ['8725-08'],
    title: 'refuses points that are not on their curve',
    keys: [
      spoilt({ y: anotherY.toString('base64url') }),
      spoilt({ x: 'A'.repeat(43), y: 'A'.repeat(43) }),
    ],
    ignored: ['malformed_key', 'malformed_key'],
    tokens: [[by(sound), 'unknown_key']],
  },
  {
    ids: ['8037-49'],
    title: 'refuses Ed448 keys, and keys under which anybody can sign',
    keys: [
      ed448.jwk,
      ...[neutral, ofOrderTwo, ofOrderFour].map((point) => ({
        kty: 'OKP',
        crv: 'Ed25519',
        kid: 'small',
        x: point.toString('base64url'),
      })),
    ],
    ignored: ['unsupported_key_type', 'weak_key', 'weak_key', 'weak_key'],
    tokens: [
      [by(ed448), 'unknown_key'],
      [`${header}.${payload}.${ofEverything}`, 'unknown_key'],
    ],
  },
  {
    ids: ['9864-50'],
    title: 'takes Ed25519 on its own curve alone, and no Ed448',
    keys: [changed(ed448, { alg: 'Ed25519' }).jwk, changed(ed25519, { alg: 'Ed448' }).jwk],
    ignored: ['unsupported_key_type', 'algorithm_not_allowed'],
    tokens: [
      [by(ed448), 'unknown_key'],
      [by(ed25519), 'unknown_key'],
      [token({ key: ed25519, header: { alg: 'Ed448' } }), 'unsupported_algorithm'],
    ],
  },
]

/** One key in 256 has an x that begins with a zero octet; here it is published without that. */
function keyWithoutItsZero(): TestKey {
  for (;;) {
    const key = generateKey('ES256', 'without-zero')
    const whole = bytesOf(key.jwk['x'])
    if (whole[0] === 0) return changed(key, { x: whole.subarray(1).toString('base64url') })
  }
}
