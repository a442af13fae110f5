import { createSecretKey, randomBytes, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateKey, PUBLIC_KEY_ALGORITHMS, signBytes } from '../../../../test/support/keys.ts'
import {
  fromLittleEndian,
  toLittleEndian,
  toNumber,
  toOctets,
} from '../../../../test/support/numbers.ts'
import type { Algorithm } from '../../src/signature/algorithms.ts'
import { getP256Points } from '../support/curve-points.ts'
import { accepts, ENGINES, toMaterial } from '../support/engines.ts'
import { toJws, toSigningInput } from '../support/jws.ts'

// All RSA algorithms use the same two RSA keys, because the generation of RSA keys is slow.
const rsa = [generateKey('RS256'), generateKey('RS256')] as const
const secret = createSecretKey(randomBytes(64))
const HMAC = ['HS256', 'HS384', 'HS512'] as const

const SIGNERS = [
  ...PUBLIC_KEY_ALGORITHMS.map((alg) => {
    const isRsa = alg.startsWith('RS') || alg.startsWith('PS')
    const [key, other] = isRsa ? rsa : [generateKey(alg), generateKey(alg)]
    return { alg, key: key.privateKey, material: toMaterial(key), other: toMaterial(other) }
  }),
  ...HMAC.map((alg) => {
    return { alg, key: secret, material: secret.export(), other: randomBytes(64) }
  }),
]
const getSigner = (alg: Algorithm) => SIGNERS.find((signer) => signer.alg === alg)!
const createSignature = (alg: Algorithm, input: string, key = getSigner(alg).key) =>
  signBytes(alg, key, Buffer.from(input))

const CURVES = [
  ['ES256', 32, 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n],
  [
    'ES384',
    48,
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  ],
  [
    'ES512',
    66,
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  ],
] as const

describe.each(ENGINES)('%s', (engineName, engine) => {
  describe.each(SIGNERS)('$alg', ({ alg, material, other }) => {
    const input = toSigningInput(alg)
    const good = createSignature(alg, input)
    const acceptsSignature = (signature: Uint8Array, signedInput = input) =>
      accepts(engine, alg, material, toJws(signedInput, signature))

    it(`${engineName} accepts a signature only with the signing input that was signed`, async () => {
      expect(await acceptsSignature(good)).toBe(true)
      expect(await acceptsSignature(good, toSigningInput(alg, { sub: 'b' }))).toBe(false)
      expect(await acceptsSignature(good, toSigningInput(alg, '{"sub": "a"}'))).toBe(false)
    })

    it(`${engineName} rejects a signature that is empty, too short, or too long`, async () => {
      const others = [
        Buffer.alloc(0),
        good.subarray(0, 1),
        good.subarray(0, 16),
        good.subarray(0, -1),
        good.subarray(1),
        Buffer.concat([good, Buffer.of(0)]),
        Buffer.concat([Buffer.of(0), good]),
        Buffer.concat([good, good]),
      ]
      for (const signature of others) expect(await acceptsSignature(signature)).toBe(false)
    })

    it(`${engineName} rejects a signature with one changed bit, and signatures of only zeros or ones`, async () => {
      const step = Math.ceil(good.length / 32)
      for (let at = 0; at < good.length; at += step) {
        const flipped = Buffer.from(good)
        flipped[at]! ^= 1 << (at % 8)
        expect(await acceptsSignature(flipped)).toBe(false)
      }
      expect(await acceptsSignature(Buffer.alloc(good.length))).toBe(false)
      expect(await acceptsSignature(Buffer.alloc(good.length, 0xff))).toBe(false)
    })

    it(`${engineName} rejects a signature of another key`, async () => {
      expect(await accepts(engine, alg, other, toJws(input, good))).toBe(false)
    })
  })

  it(`${engineName} rejects a signature of the same key with another hash`, async () => {
    for (const kind of ['RS', 'PS', 'HS']) {
      const family = SIGNERS.filter(({ alg }) => alg.startsWith(kind))
      for (const { alg, key, material } of family) {
        const input = toSigningInput(alg)
        for (const { alg: other } of family.filter((signer) => signer.alg !== alg)) {
          const jws = toJws(input, createSignature(other, input, key))
          expect(await accepts(engine, alg, material, jws)).toBe(false)
        }
      }
    }
  })

  describe.each(CURVES)('%s', (alg, size, order) => {
    const { key, material } = getSigner(alg)
    const input = toSigningInput(alg)
    const data = Buffer.from(input)
    const good = createSignature(alg, input)
    const [r, s] = [toNumber(good.subarray(0, size)), toNumber(good.subarray(size))]
    const acceptsSignature = (signature: Uint8Array) =>
      accepts(engine, alg, material, toJws(input, signature))
    const pair = (a: bigint, b: bigint, length: number = size) =>
      Buffer.concat([toOctets(a, length), toOctets(b, length)])

    it(`7518-29: ${engineName} accepts an ECDSA signature of two numbers of ${size} octets, and rejects other lengths and DER`, async () => {
      expect(await acceptsSignature(good)).toBe(true)
      const others = [
        Buffer.alloc(0),
        good.subarray(1),
        good.subarray(0, -1),
        Buffer.concat([good, Buffer.of(0)]),
        Buffer.concat([Buffer.of(0), good]),
        pair(r, s, size + 1),
        sign(`sha${alg.slice(2)}`, data, key),
      ]
      for (const signature of others) expect(await acceptsSignature(signature)).toBe(false)
    })

    it(`${engineName} rejects an ECDSA signature if r or s is zero or not below the order, if r is negated, or if both are one or swapped`, async () => {
      const numbers = [
        [0n, 0n],
        [0n, s],
        [r, 0n],
        [order, s],
        [r, order],
        [order, order],
        [order + 1n, s],
        [r, order + 1n],
        [1n, 1n],
        [s, r],
        [order - r, s],
      ] as const
      for (const [a, b] of numbers) expect(await acceptsSignature(pair(a, b))).toBe(false)
    })

    it(`${engineName} accepts an ECDSA signature whose s is replaced by the order minus s`, async () => {
      expect(await acceptsSignature(pair(r, order - s))).toBe(true)
    })

    it(`7518-30: ${engineName} rejects a key that is not on the curve of the ECDSA algorithm, or its signature`, async () => {
      for (const other of CURVES.map(([name]) => name).filter((name) => name !== alg)) {
        const foreign = getSigner(other)
        const signature = sign(`sha${alg.slice(2)}`, data, {
          key: foreign.key,
          dsaEncoding: 'ieee-p1363',
        })
        const half = signature.length / 2
        const toSize = (number: Buffer) =>
          Buffer.concat([Buffer.alloc(Math.max(0, size - half)), number]).subarray(-size)
        const fitted = [toSize(signature.subarray(0, half)), toSize(signature.subarray(half))]
        for (const candidate of [signature, Buffer.concat(fitted)]) {
          const accepted = accepts(engine, alg, foreign.material, toJws(input, candidate))
          // An engine may reject the key or the signature.
          expect(await accepted.catch(() => false)).toBe(false)
        }
      }
    })
  })

  it('ES512 rejects a signature if the order is added to r or s, although the sum fits into 66 octets', async () => {
    const [, size, order] = CURVES[2]
    const input = toSigningInput('ES512')
    const good = createSignature('ES512', input)
    const [r, s] = [toNumber(good.subarray(0, size)), toNumber(good.subarray(size))]
    for (const [a, b] of [[r + order, s] as const, [r, s + order] as const]) {
      const jws = toJws(input, Buffer.concat([toOctets(a, size), toOctets(b, size)]))
      expect(await accepts(engine, 'ES512', getSigner('ES512').material, jws)).toBe(false)
    }
  })

  it(`${engineName} rejects a P-256 key whose point is off the curve or zero, or has a coordinate not below the prime`, async () => {
    const { good, off, zero, large } = getP256Points()
    await expect((async () => engine.prepare('ES256', good))()).resolves.toBeTypeOf('function')
    for (const key of [off, zero, large]) {
      await expect((async () => engine.prepare('ES256', key))()).rejects.toThrow(Error)
    }
  })

  describe.each(['Ed25519', 'EdDSA'] as const)('%s', (alg) => {
    const L = 2n ** 252n + 27742317777372353535851937790883648493n
    const input = toSigningInput(alg)
    const good = createSignature(alg, input)
    const acceptsSignature = (signature: Uint8Array) =>
      accepts(engine, alg, getSigner(alg).material, toJws(input, signature))

    it(`${engineName} rejects an EdDSA signature whose R is zero, whose S is zero or not below the order, or whose halves are swapped`, async () => {
      const [R, S] = [good.subarray(0, 32), good.subarray(32)]
      const number = fromLittleEndian(S)
      const octets = (value: bigint) => toLittleEndian(value, 32)
      expect(await acceptsSignature(Buffer.concat([R, octets(number)]))).toBe(true)
      const others = [
        [R, octets(number + L)],
        [R, octets(number + 2n * L)],
        [R, octets(L)],
        [R, octets(0n)],
        [S, R],
        [Buffer.alloc(32), S],
        [octets(1n), octets(0n)],
      ]
      for (const halves of others) expect(await acceptsSignature(Buffer.concat(halves))).toBe(false)
    })
  })
})
