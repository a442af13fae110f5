import { describe, expect, it } from 'vitest'
import { generateKey, PUBLIC_KEY_ALGORITHMS } from '../../../../test/support/keys.ts'
import { readJwk } from '../../src/keys/jwk.ts'
import type { AlgorithmPolicy } from '../../src/model/settings.ts'
import type { Algorithm } from '../../src/signature/algorithms.ts'

type Jwk = Record<string, unknown>

const ANY: AlgorithmPolicy = { algorithms: PUBLIC_KEY_ALGORITHMS, named: false }
const only = (...algorithms: Algorithm[]): AlgorithmPolicy => ({ algorithms, named: true })

const rsa = bare('RS256')
const p256 = bare('ES256')
const p384 = bare('ES384')
const p521 = bare('ES512')
const ed25519 = bare('Ed25519')

/** Returns the members that define a key, without `alg`, `use` and `kid`. */
function bare(alg: Algorithm): Jwk {
  const { alg: _alg, use: _use, kid: _kid, ...members } = generateKey(alg).jwk
  return members
}

const read = (jwk: unknown, policy = ANY) => {
  const key = readJwk(jwk, policy)
  return typeof key === 'string' ? key : key.algorithms.join(' ')
}
const encode = (...bytes: number[]) => Buffer.from(bytes).toString('base64url')
const decode = (text: unknown) => Buffer.from(text as string, 'base64url')

/** Creates an odd modulus of this number of bits. */
function createModulus(bits: number): string {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff)
  bytes[0] = 0xff >> (bytes.length * 8 - bits)
  return bytes.toString('base64url')
}

describe('readJwk', () => {
  it.each([
    ['RSA', 'RS256', rsa],
    ['P-256', 'ES256', p256],
    ['P-384', 'ES384', p384],
    ['P-521', 'ES512', p521],
    ['Ed25519', 'Ed25519 EdDSA', ed25519],
  ])(
    'readJwk of a key of type %s without alg returns these algorithms: %s',
    (_, algorithms, jwk) => {
      expect(read(jwk)).toBe(algorithms)
    },
  )

  it('readJwk returns the material with only those members that define the key, and without others such as x5c', () => {
    const junk = {
      kid: 'k',
      x5c: ['x'],
      x5u: 1,
      x5t: {},
      oops: null,
      issuer: 'https://b',
      toString: 1,
    }
    for (const jwk of [rsa, p256, ed25519]) {
      expect(readJwk({ ...jwk, ...junk, use: 'sig', key_ops: ['verify'] }, ANY)).toMatchObject({
        kid: 'k',
      })
      expect(readJwk({ ...jwk, ...junk }, ANY)).toHaveProperty('material', jwk)
    }
  })

  it('8725bis-03: readJwk of an RSA key without alg returns only RS256, or the configured RSA algorithms', () => {
    expect(read(rsa)).toBe('RS256')
    expect(read(rsa, only('RS256', 'PS512', 'ES256'))).toBe('RS256 PS512')
    expect(read(rsa, only('PS512'))).toBe('PS512')
    expect(read({ ...rsa, alg: 'PS512' })).toBe('PS512')
  })

  it('7517-23: readJwk of a key with alg returns only that algorithm, and rejects an alg that is not allowed or does not fit the key', () => {
    expect(read({ ...rsa, alg: 'PS256' })).toBe('PS256')
    expect(read({ ...rsa, alg: 'PS256' }, only('RS256'))).toBe('algorithm_not_allowed')
    expect(read({ ...p256, alg: 'ES256' })).toBe('ES256')
    for (const alg of [
      'ES384',
      'RS256',
      'HS256',
      'none',
      'es256',
      '',
      'ECDH-ES',
      1,
      null,
      ['ES256'],
    ]) {
      expect(read({ ...p256, alg })).toBe('algorithm_not_allowed')
    }
    expect(read({ ...rsa, alg: 'RSA-OAEP' })).toBe('algorithm_not_allowed')
  })

  it('readJwk of an Ed25519 key with alg EdDSA or Ed25519 returns both names, or only the name that is allowed', () => {
    expect(read({ ...ed25519, alg: 'EdDSA' })).toBe('Ed25519 EdDSA')
    expect(read({ ...ed25519, alg: 'Ed25519' })).toBe('Ed25519 EdDSA')
    expect(read({ ...ed25519, alg: 'Ed25519' }, only('Ed25519'))).toBe('Ed25519')
    expect(read(ed25519, only('Ed25519'))).toBe('Ed25519')
  })

  it('readJwk accepts an ML-DSA key only if its algorithm is allowed and its length is right', () => {
    const key = (alg: string, bytes: number) => ({
      kty: 'AKP',
      alg,
      pub: encode(...Buffer.alloc(bytes)),
    })
    const sizes = { 'ML-DSA-44': 1312, 'ML-DSA-65': 1952, 'ML-DSA-87': 2592 } as const
    for (const [name, bytes] of Object.entries(sizes)) {
      const alg = name as keyof typeof sizes
      expect(read(key(alg, bytes))).toBe('unsupported_key_type')
      expect(read(key(alg, bytes), only(alg))).toBe(alg)
      expect(read(key(alg, bytes), only('ES256'))).toBe('unsupported_key_type')
      for (const wrong of [bytes - 1, bytes + 1, 0])
        expect(read(key(alg, wrong), only(alg))).toBe('malformed_key')
      expect(read({ ...key(alg, bytes), alg: undefined }, only(alg))).toBe('malformed_key')
      expect(read({ ...key(alg, bytes), alg: undefined })).toBe('unsupported_key_type')
      expect(read({ ...key(alg, bytes), alg: 'ES256' }, only(alg, 'ES256'))).toBe(
        'unsupported_key_type',
      )
      expect(read({ ...key(alg, bytes), priv: 'AA' }, only(alg))).toBe('private_key')
      expect(read({ ...key(alg, bytes), use: 'enc' }, only(alg))).toBe('not_for_verification')
    }
    expect(read(key('ML-DSA-44', 1312), only('ML-DSA-65', 'ML-DSA-44'))).toBe('ML-DSA-44')
  })

  it('9864-50: readJwk rejects an Ed448 key, and an Ed25519 key with alg Ed448', () => {
    const ed448 = { kty: 'OKP', crv: 'Ed448', x: Buffer.alloc(57, 7).toString('base64url') }
    for (const alg of ['Ed25519', 'Ed448', 'EdDSA', undefined]) {
      expect(read({ ...ed448, alg })).toBe('unsupported_key_type')
    }
    expect(read({ ...ed25519, alg: 'Ed448' })).toBe('algorithm_not_allowed')
  })

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a string', 'x'],
    ['a number', 1],
    ['an empty array', []],
    ['an array that contains a key', [rsa]],
  ])('readJwk returns the problem not_an_object for %s', (_, jwk) => {
    expect(read(jwk)).toBe('not_an_object')
  })

  it.each([
    {},
    { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AQID' },
    { kty: 'rsa', n: rsa['n'], e: rsa['e'] },
    { ...p256, kty: 1 },
    { ...p256, crv: 'secp256k1' },
    { ...p256, crv: 'p-256' },
    { ...p256, crv: ['P-256'] },
    { ...p256, crv: '__proto__' },
    { ...p256, crv: undefined },
    { ...ed25519, crv: 'X25519' },
    { ...ed25519, crv: 'P-256' },
    { ...p256, crv: 'Ed25519' },
  ])(
    '7517-19: readJwk returns the problem unsupported_key_type for a key with kty $kty and crv $crv',
    (jwk) => {
      expect(read(jwk)).toBe('unsupported_key_type')
    },
  )

  it('7517-26: readJwk returns the problem symmetric_key for kty oct with or without alg, even if HS256 is allowed', () => {
    for (const alg of ['HS256', 'ES256', undefined]) {
      expect(read({ kty: 'oct', k: encode(...Buffer.alloc(64, 1)), alg })).toBe('symmetric_key')
    }
    expect(read({ kty: 'oct', k: 'AQID' }, only('HS256'))).toBe('symmetric_key')
  })

  it('readJwk returns the problem private_key for a key with any private member, even if the member is null', () => {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']) {
      for (const jwk of [rsa, p256, ed25519]) {
        expect(read({ ...jwk, [member]: null })).toBe('private_key')
      }
    }
    const { privateKey } = generateKey('Ed25519')
    expect(read(privateKey.export({ format: 'jwk' }))).toBe('private_key')
  })

  it('7517-21: readJwk accepts a key with use sig, and returns the problem not_for_verification for any other use', () => {
    for (const use of ['enc', 'SIG', '', null, ['sig'], 'tls']) {
      expect(read({ ...p256, use })).toBe('not_for_verification')
    }
    expect(read({ ...p256, use: 'sig' })).toBe('ES256')
  })

  it('7517-22: readJwk accepts key_ops only if it lists verify once, sign at most once and no other value, and agrees with use', () => {
    const others = [
      [],
      ['sign'],
      ['encrypt'],
      ['verify', 'verify'],
      ['sign', 'verify', 'sign'],
      ['verify', 'encrypt'],
      ['verify', 1],
      ['Verify'],
      'verify',
      null,
      { 0: 'verify', length: 1 },
    ]
    for (const key_ops of others) {
      expect(read({ ...p256, key_ops })).toBe('not_for_verification')
      expect(read({ ...p256, key_ops, use: 'sig' })).toBe('not_for_verification')
    }
    expect(read({ ...p256, key_ops: ['verify'], use: 'enc' })).toBe('not_for_verification')
    expect(read({ ...p256, key_ops: ['verify'], use: 'sig' })).toBe('ES256')
    expect(read({ ...p256, key_ops: ['sign', 'verify'] })).toBe('ES256')
  })

  it('readJwk accepts a key whose kid is missing or a string, and returns the problem malformed_key for any other kid', () => {
    expect(readJwk({ ...p256, kid: '' }, ANY)).toMatchObject({ kid: '' })
    expect(readJwk(p256, ANY)).toHaveProperty('kid', undefined)
    for (const kid of [1, null, ['k'], {}]) expect(read({ ...p256, kid })).toBe('malformed_key')
  })
})

describe('readJwk of RSA keys', () => {
  it('7518-28: readJwk rejects an RSA modulus of fewer than 2048 bits', () => {
    for (const bits of [512, 1024]) {
      const { jwk } = generateKey('RS256', 'k', bits)
      expect(read(jwk)).toBe('weak_key')
    }
    expect(read({ ...rsa, n: createModulus(2047) })).toBe('weak_key')
    expect(read({ ...rsa, n: createModulus(2048) })).toBe('RS256')
  })

  it('readJwk rejects an RSA modulus of more than 8192 bits', () => {
    expect(read({ ...rsa, n: createModulus(8192) })).toBe('RS256')
    for (const bits of [8193, 16_384, 1_000_000]) {
      expect(read({ ...rsa, n: createModulus(bits) })).toBe('weak_key')
    }
  })

  it('7518-35: readJwk rejects an RSA modulus with a leading zero octet', () => {
    const n = Buffer.concat([Buffer.of(0), decode(rsa['n'])]).toString('base64url')
    expect(read({ ...rsa, n })).toBe('weak_key')
  })

  it('readJwk rejects an even RSA modulus', () => {
    const n = decode(rsa['n'])
    n[n.length - 1]! &= 0xfe
    expect(read({ ...rsa, n: n.toString('base64url') })).toBe('weak_key')
  })

  it.each([
    ['accepts', '3', encode(3)],
    ['accepts', '65537', 'AQAB'],
    ['accepts', '2^32 - 1', encode(255, 255, 255, 255)],
    ['rejects', '0', encode(0)],
    ['rejects', '1', encode(1)],
    ['rejects', '2', encode(2)],
    ['rejects', '65536', encode(1, 0, 0)],
    ['rejects', '2^32 + 1', encode(1, 0, 0, 0, 1)],
    ['rejects', 'equal to the modulus', rsa['n']],
    ['rejects', '65537 with a leading zero octet', encode(0, 1, 0, 1)],
    ['rejects', '1 with leading zero octets', encode(0, 0, 1)],
  ])('readJwk %s an RSA exponent: %s', (verb, _, e) => {
    expect(read({ ...rsa, e })).toBe(verb === 'accepts' ? 'RS256' : 'weak_key')
  })

  it('readJwk returns the problem malformed_key for an RSA number that is missing or not canonical base64url', () => {
    const n = rsa['n'] as string
    const others = ['', `${n}=`, `${n}\n`, ` ${n}`, `+/${n.slice(2)}`, 5, null, undefined, [n], {}]
    for (const other of [...others, decode(n).toString('base64').replace(/=+$/, '/')]) {
      expect(read({ ...rsa, n: other })).toBe('malformed_key')
    }
    for (const other of ['', 'AQAB=', 'AQAB ', 65537, null, undefined, 'AR']) {
      expect(read({ ...rsa, e: other })).toBe('malformed_key')
    }
  })
})

describe('readJwk of keys on curves', () => {
  it.each([
    ['P-256', p256],
    ['P-384', p384],
    ['P-521', p521],
  ])('7518-34: readJwk requires coordinates of exactly the size of the field: %s', (_, jwk) => {
    for (const name of ['x', 'y']) {
      const bytes = decode(jwk[name])
      const others = [
        bytes.subarray(1),
        bytes.subarray(0, -1),
        Buffer.concat([Buffer.of(0), bytes]),
        Buffer.concat([bytes, Buffer.of(0)]),
      ]
      for (const other of others) {
        expect(read({ ...jwk, [name]: other.toString('base64url') })).toBe('malformed_key')
      }
      for (const other of ['', undefined, null, 1, `${String(jwk[name])}=`]) {
        expect(read({ ...jwk, [name]: other })).toBe('malformed_key')
      }
    }
  })

  it('readJwk requires an Ed25519 point of exactly 32 octets', () => {
    const bytes = decode(ed25519['x'])
    for (const other of [bytes.subarray(1), Buffer.concat([bytes, Buffer.of(0)])]) {
      expect(read({ ...ed25519, x: other.toString('base64url') })).toBe('malformed_key')
    }
    for (const x of ['', undefined, null, 1, `${String(ed25519['x'])}=`]) {
      expect(read({ ...ed25519, x })).toBe('malformed_key')
    }
  })
})
