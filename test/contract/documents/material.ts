import { generateKeyPairSync } from 'node:crypto'
import { generateKey, type TestKey } from '../../support/keys.ts'
import { splitToken } from '../../support/tokens.ts'
import { KEYS, token } from '../fixture.ts'
import { by, toBytes, changed, type DocumentCase, padded, sound, spoilt } from './document-case.ts'

const { ed25519, rs256 } = KEYS

const weak = [512, 1024, 2047].map((bits) => generateKey('RS256', `rsa-${bits}`, bits))

const x = toBytes(sound.jwk['x'])
const y = toBytes(sound.jwk['y'])
const anotherY = Buffer.from(y).fill(y[31]! ^ 1, 31)
const withoutZero = createKeyWithoutZero()

const pair = generateKeyPairSync('ed448')
const ed448: TestKey = {
  ...pair,
  alg: 'Ed25519',
  kid: 'ed448',
  jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid: 'ed448' },
}

const neutral = Buffer.alloc(32).fill(1, 0, 1)
const orderFour = Buffer.alloc(32)
const orderTwo = Buffer.alloc(32, 0xff).fill(0xec, 0, 1).fill(0x7f, 31)
/** A signature of every message, if the key is the neutral element (RFC 8032 section 5.1.7). */
const universalSignature = Buffer.concat([neutral, Buffer.alloc(32)]).toString('base64url')
const [header, payload] = splitToken(token({ key: ed25519, header: { kid: 'small' } }))

/** Cases for the numbers in keys (RFC 7518 section 6, RFC 8037 section 2). */
export const material: readonly DocumentCase[] = [
  {
    ids: ['7518-28'],
    title: 'ignores RSA keys of fewer than 2048 bits',
    keys: weak.map(({ jwk }) => jwk),
    ignored: ['weak_key', 'weak_key', 'weak_key'],
    tokens: weak.map((key) => [by(key), 'unknown_key'] as const),
  },
  {
    ids: [],
    title: 'ignores RSA keys whose exponent is one, even, or too long',
    keys: ['AQ', 'Ag', 'AQAAAAE'].map((e) => ({ ...rs256.jwk, e })),
    ignored: ['weak_key', 'weak_key', 'weak_key'],
    tokens: [[by(rs256), 'unknown_key']],
  },
  {
    ids: ['7518-34'],
    title: 'ignores keys with coordinates that do not have the size of the field',
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
    title: 'ignores RSA keys with a leading zero octet in the modulus',
    keys: [{ ...rs256.jwk, n: padded(toBytes(rs256.jwk['n'])) }],
    ignored: ['weak_key'],
    tokens: [[by(rs256), 'unknown_key']],
  },
  {
    ids: ['8725-08'],
    title: 'ignores keys with a point that is not on its curve',
    keys: [
      spoilt({ y: anotherY.toString('base64url') }),
      spoilt({ x: 'A'.repeat(43), y: 'A'.repeat(43) }),
    ],
    ignored: ['malformed_key', 'malformed_key'],
    tokens: [[by(sound), 'unknown_key']],
  },
  {
    ids: ['8037-49'],
    title: 'ignores Ed448 keys, and Ed25519 keys of small order',
    keys: [
      ed448.jwk,
      ...[neutral, orderTwo, orderFour].map((point) => ({
        kty: 'OKP',
        crv: 'Ed25519',
        kid: 'small',
        x: point.toString('base64url'),
      })),
    ],
    ignored: ['unsupported_key_type', 'weak_key', 'weak_key', 'weak_key'],
    tokens: [
      [by(ed448), 'unknown_key'],
      [`${header}.${payload}.${universalSignature}`, 'unknown_key'],
    ],
  },
  {
    ids: ['9864-50'],
    title: 'ignores Ed448 keys with alg Ed25519, and Ed25519 keys with alg Ed448',
    keys: [changed(ed448, { alg: 'Ed25519' }).jwk, changed(ed25519, { alg: 'Ed448' }).jwk],
    ignored: ['unsupported_key_type', 'algorithm_not_allowed'],
    tokens: [
      [by(ed448), 'unknown_key'],
      [by(ed25519), 'unknown_key'],
      [token({ key: ed25519, header: { alg: 'Ed448' } }), 'unsupported_algorithm'],
    ],
  },
]

/** Creates a key whose x is published without its leading zero octet. One key in 256 has such an x. */
function createKeyWithoutZero(): TestKey {
  for (;;) {
    const key = generateKey('ES256', 'without-zero')
    const whole = toBytes(key.jwk['x'])
    if (whole[0] === 0) return changed(key, { x: whole.subarray(1).toString('base64url') })
  }
}
