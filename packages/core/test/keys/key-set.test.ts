import { describe, expect, it } from 'vitest'
import {
  generateKey,
  PUBLIC_KEY_ALGORITHMS,
  signBytes,
  type TestKey,
} from '../../../../test/support/keys.ts'
import { parseJsonObject } from '../../src/lib/parse-json.ts'
import { type KeySet, readKeySet, secretKeySet } from '../../src/keys/key-set.ts'
import type { Algorithm } from '../../src/signature/algorithms.ts'
import { toJws, toSigningInput } from '../support/jws.ts'
import { getP256Points } from '../support/curve-points.ts'

type Jwk = Record<string, unknown>

const ANY = { algorithms: PUBLIC_KEY_ALGORITHMS, named: false }

const es256 = generateKey('ES256', 'a')
const other = generateKey('ES256', 'b')
const rs256 = generateKey('RS256', 'c')
const ed25519 = generateKey('Ed25519', 'd')

const readKeys = async (...keys: unknown[]): Promise<KeySet> => readKeySet({ keys }, ANY)
const change = (key: TestKey, changes: Jwk): Jwk =>
  Object.fromEntries(Object.entries({ ...key.jwk, ...changes }).filter(([, v]) => v !== undefined))

/** Returns whether one of the keys that the set finds verifies a signature of `key`. */
async function verifies(
  set: KeySet,
  key: TestKey,
  kid: string | undefined,
  alg: Algorithm = key.alg,
  edit = (signature: Buffer): Uint8Array => signature,
): Promise<boolean> {
  const input = toSigningInput(alg)
  const jws = toJws(input, edit(signBytes(alg, key.privateKey, Buffer.from(input))))
  const results = await Promise.all(set.find(alg, kid).map(async ({ verify }) => verify(jws)))
  return results.includes(true)
}

describe('readKeySet', () => {
  it('readKeySet accepts a public key for each algorithm, and each key verifies a signature of its private key', async () => {
    const keys = PUBLIC_KEY_ALGORITHMS.map((alg) => generateKey(alg))
    const set = await readKeys(...keys.map(({ jwk }) => jwk))
    expect(set).toMatchObject({ size: 11, ignored: [] })
    for (const key of keys) expect(await verifies(set, key, key.kid)).toBe(true)
  })

  it.each([{}, { keys: null }, { keys: {} }, { keys: 'x' }, { jwks: [] }, { Keys: [] }])(
    'readKeySet throws for a document without an array of keys: %j',
    (document) => {
      expect(() => readKeySet(document, ANY)).toThrow(TypeError)
      expect(() => readKeySet(document, ANY)).toThrow('not a JWK Set: it has no array "keys"')
    },
  )

  it('readKeySet accepts 100 keys, and throws for more keys', async () => {
    const keys = (count: number) =>
      Array.from({ length: count }, (_, i) => change(es256, { kid: `kid-${i}` }))
    const set = await readKeys(...keys(100))
    expect(set.size).toBe(100)
    expect(await verifies(set, es256, 'kid-99')).toBe(true)
    for (const count of [101, 10_000]) {
      expect(() => readKeySet({ keys: keys(count) }, ANY)).toThrow('more than 100 keys')
    }
  })

  it('readKeySet throws if no key is usable, and lists the reason of each key', () => {
    expect(() => readKeySet({ keys: [] }, ANY)).toThrow('no usable key: the set is empty')
    const keys = [null, change(es256, { use: 'enc' }), { kty: 's3cret', kid: 's3cret' }]
    expect(() => readKeySet({ keys }, ANY)).toThrow(
      /^no usable key: not_an_object, not_for_verification, unsupported_key_type$/,
    )
  })

  it('7517-19: readKeySet lists unusable keys in ignored with their reasons, and uses the other keys', async () => {
    const { n: _, ...incomplete } = rs256.jwk
    const set = await readKeys(
      { kty: 'AKP', alg: 'ML-DSA-65', pub: 'AQID' },
      change(es256, { crv: 'secp256k1', alg: undefined }),
      es256.jwk,
      incomplete,
      change(es256, { y: undefined }),
      null,
      {},
      rs256.jwk,
    )
    expect(set.size).toBe(2)
    expect(set.ignored).toEqual([
      { index: 0, reason: 'unsupported_key_type' },
      { index: 1, reason: 'unsupported_key_type' },
      { index: 3, reason: 'malformed_key' },
      { index: 4, reason: 'malformed_key' },
      { index: 5, reason: 'not_an_object' },
      { index: 6, reason: 'unsupported_key_type' },
    ])
    expect(await verifies(set, es256, 'a')).toBe(true)
    expect(await verifies(set, rs256, 'c')).toBe(true)
  })

  it('7517-20: parseJsonObject rejects a key in which a member is written twice', () => {
    const text = JSON.stringify({ keys: [es256.jwk] }).replace('"kty"', '"use":"enc","kty"')
    expect(() => parseJsonObject(Buffer.from(text))).toThrow('a member is written twice')
  })

  it('readKeySet ignores a key whose point is not on its curve, is zero, or has a coordinate that is not below the prime', async () => {
    const { good, off, zero, large } = getP256Points()
    const set = await readKeys(good, off, zero, large)
    expect(set.size).toBe(1)
    expect(set.ignored).toEqual([
      { index: 1, reason: 'malformed_key' },
      { index: 2, reason: 'malformed_key' },
      { index: 3, reason: 'malformed_key' },
    ])
  })

  it('readKeySet accepts a key with invalid values in members that it does not read, such as x5c', async () => {
    const set = await readKeys(change(es256, { x5c: [1], x5t: {}, nbf: 'x', ext: 0 }))
    expect(await verifies(set, es256, 'a')).toBe(true)
  })

  it('readKeySet ignores a key whose member issuer is not a string', async () => {
    const set = await readKeys(
      es256.jwk,
      change(es256, { issuer: null }),
      change(es256, { issuer: 1 }),
    )
    expect(set).toMatchObject({ size: 1, ignored: [{ index: 1 }, { index: 2 }] })
  })
})

describe('find', () => {
  it('KeySet.find returns only keys with exactly the given kid', async () => {
    const set = await readKeys(es256.jwk, change(other, { kid: undefined }))
    expect(await verifies(set, es256, 'a')).toBe(true)
    for (const kid of ['A', 'a ', '', 'a\0', '__proto__', 'constructor', '../a', 'b']) {
      expect(set.find('ES256', kid)).toEqual([])
    }
    expect(await verifies(set, other, 'a')).toBe(false)
  })

  it('KeySet.find returns all keys of the algorithm for a token without kid', async () => {
    const four = Array.from({ length: 4 }, (_, i) => generateKey('ES256', `kid-${i}`))
    const set = await readKeys(rs256.jwk, ...four.map(({ jwk }) => jwk))
    expect(set.find('ES256', undefined)).toHaveLength(4)
    expect(await verifies(set, four[3]!, undefined)).toBe(true)
    expect(await verifies(set, other, undefined)).toBe(false)
  })

  it('7517-27: KeySet.find returns one key for a kid if the keys with this kid have different algorithms, and otherwise all of these keys', async () => {
    const set = await readKeys(
      change(es256, { kid: 'k' }),
      change(rs256, { kid: 'k' }),
      change(ed25519, { kid: 'k' }),
    )
    expect(set.size).toBe(3)
    for (const key of [es256, rs256, ed25519]) {
      expect(set.find(key.alg, 'k')).toHaveLength(1)
      expect(await verifies(set, key, 'k')).toBe(true)
    }
    const same = await readKeys(change(es256, { kid: 'k' }), change(other, { kid: 'k' }))
    expect(await verifies(same, es256, 'k')).toBe(true)
    expect(await verifies(same, other, 'k')).toBe(true)
    expect(await verifies(same, generateKey('ES256'), 'k')).toBe(false)
  })

  it('8725-02: KeySet.find returns a key only for the algorithms of that key', async () => {
    const set = await readKeys(es256.jwk, rs256.jwk, change(rs256, { kid: 'p', alg: 'PS256' }))
    expect(set.find('RS256', 'a')).toEqual([])
    expect(set.find('PS256', 'c')).toEqual([])
    expect(set.find('RS256', 'p')).toEqual([])
    for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
      expect(['a', 'c', 'p', undefined].flatMap((kid) => set.find(alg, kid))).toEqual([])
    }
  })

  it('7518-30: readKeySet uses a key for ES256, ES384 or ES512 only if it is on the curve of that algorithm', async () => {
    const algorithms = ['ES256', 'ES384', 'ES512'] as const
    const keys = algorithms.map((alg) => change(generateKey(alg), { alg: undefined }))
    const set = await readKeys(...keys)
    for (const alg of algorithms) {
      const kids = algorithms.filter((name) => set.find(alg, `${name}-key`).length > 0)
      expect(kids).toEqual([alg])
    }
    for (const alg of algorithms) {
      for (const { kid, ...key } of keys.filter((jwk) => jwk['kid'] !== `${alg}-key`)) {
        expect(() => readKeySet({ keys: [{ ...key, kid, alg }] }, ANY)).toThrow(
          'algorithm_not_allowed',
        )
      }
    }
  })

  it('8037-49: readKeySet ignores Ed448 keys and weak Ed25519 keys, and EdDSA signatures need exactly 64 octets', async () => {
    const set = await readKeys(
      ed25519.jwk,
      { kty: 'OKP', crv: 'Ed448', x: Buffer.alloc(57, 9).toString('base64url'), kid: 'd' },
      change(ed25519, { x: Buffer.alloc(32).toString('base64url') }),
    )
    expect(set.ignored).toEqual([
      { index: 1, reason: 'unsupported_key_type' },
      { index: 2, reason: 'weak_key' },
    ])
    for (const alg of ['EdDSA', 'Ed25519'] as const) {
      expect(await verifies(set, ed25519, 'd', alg)).toBe(true)
      const edits = [
        (signature: Buffer) => signature.subarray(0, 63),
        (signature: Buffer) => Buffer.concat([signature, Buffer.of(0)]),
        () => Buffer.alloc(0),
      ]
      for (const edit of edits) expect(await verifies(set, ed25519, 'd', alg, edit)).toBe(false)
    }
  })
})

describe('secretKeySet', () => {
  it('secretKeySet returns a set that finds the secret for the listed algorithms with any kid, and no key for other algorithms', async () => {
    const secret = Buffer.alloc(64, 7)
    const set = await secretKeySet(secret, ['HS256', 'HS512'])
    expect(set).toMatchObject({ size: 1, ignored: [] })
    for (const kid of [undefined, '', 'any']) {
      expect(set.find('HS256', kid)).toHaveLength(1)
      expect(set.find('HS512', kid)).toHaveLength(1)
      expect(set.find('HS384', kid)).toEqual([])
      expect(set.find('RS256', kid)).toEqual([])
    }
  })
})
