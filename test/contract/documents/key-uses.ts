import { createSecretKey } from 'node:crypto'
import { selfSignedCertificate } from '../../support/certificate.ts'
import { generateKey, type TestKey } from '../../support/keys.ts'
import { signCompact } from '../../support/tokens.ts'
import { attacker, KEYS, token, USUAL_CLAIMS } from '../fixture.ts'
import { by, changed, type DocumentCase, type Jwk, sound, spoilt } from './document-case.ts'

const { es256, es384, ed25519, rs256, ps256 } = KEYS

const withPrivate = ({ jwk, privateKey }: TestKey): Jwk => ({
  ...jwk,
  ...privateKey.export({ format: 'jwk' }),
})
const named = (key: TestKey, kid: string) => ({ ...changed(key, { kid }), kid })
const doubled = Array.from({ length: 5 }, () => generateKey('ES256', 'doubled'))

const secret = Buffer.alloc(32, 's')
const byPublishedSecret = signCompact(
  { alg: 'HS256', typ: 'at+jwt', kid: 'secret' },
  USUAL_CLAIMS,
  'HS256',
  createSecretKey(secret),
)

/** Cases for the use of keys (RFC 7517 section 4), and for keys with the same kid. */
export const keyUses: readonly DocumentCase[] = [
  {
    ids: ['7517-19'],
    title: 'ignores unusable keys, and uses the others',
    keys: [
      { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' },
      spoilt({ crv: 'secp256k1' }),
      { kty: 'OKP', crv: 'X25519', x: ed25519.jwk['x'] },
      { kty: 'RSA', e: 'AQAB' },
      spoilt({ y: undefined }),
      spoilt({ kty: undefined }),
      {},
      null,
      'x',
    ],
    ignored: [
      'unsupported_key_type',
      'unsupported_key_type',
      'unsupported_key_type',
      'malformed_key',
      'malformed_key',
      'unsupported_key_type',
      'unsupported_key_type',
      'not_an_object',
      'not_an_object',
    ],
    tokens: [[by(sound), 'unknown_key']],
  },
  {
    ids: ['7517-21'],
    title: 'ignores a key for encryption',
    keys: [spoilt({ use: 'enc' })],
    ignored: ['not_for_verification'],
    tokens: [[by(sound), 'unknown_key']],
  },
  ...[
    { key_ops: ['sign'] },
    { key_ops: [] },
    { key_ops: 'verify' },
    { key_ops: ['verify', 'verify'] },
    { use: undefined, key_ops: ['verify', 'verify'] },
    { use: undefined, key_ops: ['encrypt'] },
    { use: 'enc', key_ops: ['verify'] },
    { use: 'sig', key_ops: ['encrypt'] },
    { use: 'sig', key_ops: ['verify', 'encrypt'] },
    { use: 'sig', key_ops: ['verify', 'deriveBits'] },
  ].map((members): DocumentCase => ({
    ids: ['7517-22'],
    title: `ignores a key that is not for verification: ${JSON.stringify({ use: 'sig', ...members })}`,
    keys: [spoilt(members)],
    ignored: ['not_for_verification'],
    tokens: [[by(sound), 'unknown_key']],
  })),
  {
    ids: ['7517-22'],
    title: 'uses keys whose use and key_ops are missing or allow verification',
    keys: [
      spoilt({ key_ops: ['verify'] }),
      { ...ed25519.jwk, use: undefined, key_ops: ['verify'] },
      { ...es384.jwk, use: undefined },
    ],
    tokens: [sound, ed25519, es384].map((key) => [by(key), 'granted'] as const),
  },
  {
    ids: ['7517-23'],
    title: 'uses a key only for the algorithm that it names',
    keys: [changed(rs256, { alg: 'RS512' }).jwk],
    tokens: [
      [token({ key: rs256, header: { alg: 'RS512' }, signedWith: 'RS512' }), 'granted'],
      [by(rs256), 'unknown_key'],
      [token({ key: ps256, header: { kid: rs256.kid } }), 'unknown_key'],
    ],
  },
  {
    ids: ['7517-23'],
    title: 'ignores keys whose alg is not an algorithm of their type and curve',
    keys: ['RS256', 'ES384', 'none', 'HS256', 1].map((alg) => spoilt({ alg })),
    ignored: Array.from({ length: 5 }, () => 'algorithm_not_allowed'),
    tokens: [[by(sound), 'unknown_key']],
  },
  {
    ids: ['7517-24'],
    title: 'ignores the certificate of a key',
    keys: [spoilt({ x5c: [selfSignedCertificate(attacker).toString('base64')] })],
    tokens: [
      [by(sound), 'granted'],
      [token({ key: attacker, header: { kid: sound.kid } }), 'invalid_signature'],
    ],
  },
  {
    ids: ['7517-25'],
    title: 'ignores and reports keys that are published with a private part',
    keys: [
      withPrivate(sound),
      withPrivate(rs256),
      spoilt({ k: 'AAAA' }),
      { ...rs256.jwk, p: 'AAAA' },
    ],
    ignored: ['private_key', 'private_key', 'private_key', 'private_key'],
    tokens: [
      [by(sound), 'unknown_key'],
      [by(rs256), 'unknown_key'],
    ],
  },
  {
    ids: ['7517-26'],
    title: 'ignores a published secret',
    keys: [{ kty: 'oct', k: secret.toString('base64url'), alg: 'HS256', kid: 'secret' }],
    ignored: ['symmetric_key'],
    tokens: [[byPublishedSecret, 'unsupported_algorithm']],
  },
  {
    ids: ['7517-27'],
    title: 'distinguishes keys with the same kid by type, algorithm and use',
    keys: [
      ...[es256, rs256, ps256, es384].map((key) => named(key, 'one').jwk),
      { ...named(sound, 'one').jwk, use: 'enc' },
    ],
    ignored: ['not_for_verification'],
    tokens: [
      ...[es256, rs256, ps256, es384].map((key) => [by(named(key, 'one')), 'granted'] as const),
      [by(named(sound, 'one')), 'invalid_signature'],
    ],
  },
  {
    ids: ['7517-27'],
    title: 'tries up to four keys with the same kid and algorithm',
    keys: doubled.slice(0, 4).map(({ jwk }) => jwk),
    tokens: [
      ...doubled.slice(0, 4).map((key) => [by(key), 'granted'] as const),
      [by(doubled[4]!), 'invalid_signature'],
    ],
  },
  {
    ids: ['7517-27'],
    title: 'tries no key if five keys have the same kid and algorithm',
    keys: doubled.map(({ jwk }) => jwk),
    tokens: doubled.map((key) => [by(key), 'unknown_key'] as const),
  },
  {
    ids: [],
    title: 'uses a JWKS with the maximum of 100 keys',
    keys: [...Array.from({ length: 98 }, () => spoilt({ kid: 'x' })), sound.jwk],
    tokens: [[by(sound), 'granted']],
  },
]
