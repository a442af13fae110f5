import { KeyObject } from 'node:crypto'
import { exportJWK, generateKeyPair as generateWithJose, importJWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { type Algorithm, DEFAULT_ALGORITHMS } from '../../src/signature/algorithms.ts'
import {
  checkKeyPair,
  generateKeyPair,
  type KeyPair,
  type SigningKeyPair,
  toSigningKeyPair,
} from '../../src/signature/key-pair.ts'
import type { PrivateJwk, PrivateKey } from '../../src/signature/private-key.ts'
import { signJws } from '../../src/signature/sign-jws.ts'

const PUBLIC_MEMBERS = {
  RSA: ['kty', 'n', 'e'],
  EC: ['kty', 'crv', 'x', 'y'],
  OKP: ['kty', 'crv', 'x'],
}

/** Expects that the public JWK verifies a signature of the private key, and has only public members. */
async function expectSigns({ algorithm, privateKey, publicJwk }: SigningKeyPair): Promise<void> {
  const { kty } = publicJwk as { kty: keyof typeof PUBLIC_MEMBERS }
  expect(Object.keys(publicJwk)).toEqual(PUBLIC_MEMBERS[kty])
  const jws = await signJws({ alg: algorithm }, { sub: 'a' }, privateKey, algorithm)
  const { payload } = await jwtVerify(jws, await importJWK(publicJwk, algorithm))
  expect(payload).toEqual({ sub: 'a' })
  expect(privateKey.extractable).toBe(false)
}

describe('generateKeyPair', () => {
  it.each(DEFAULT_ALGORITHMS)('generateKeyPair generates a key that signs with %s', async (alg) => {
    await expectSigns(await generateKeyPair(alg))
  })
})

describe('toSigningKeyPair', () => {
  it.each(DEFAULT_ALGORITHMS)(
    'toSigningKeyPair accepts a CryptoKeyPair, a KeyObject and a JWK for %s',
    async (alg) => {
      const { privateKey, publicKey } = await generateWithJose(alg, { extractable: true })
      const jwk = (await exportJWK(privateKey)) as PrivateJwk
      const pair = await generateWithJose(alg, { extractable: false })
      const keys: readonly (PrivateKey | KeyPair)[] = [
        pair,
        KeyObject.from(privateKey),
        jwk,
        { ...jwk, alg, use: 'sig', kid: 'k1' },
      ]
      for (const key of keys) {
        expect(checkKeyPair(key, alg)).toBeUndefined()
        await expectSigns(await toSigningKeyPair(key, alg))
      }
      expect(checkKeyPair({ privateKey, publicKey }, alg)).toBeUndefined()
    },
  )

  it('toSigningKeyPair rejects a public key and a private key that are not a pair', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => generateWithJose('ES256', { extractable: true })),
    )
    const pair = { privateKey: one!.privateKey, publicKey: two!.publicKey }
    await expect(toSigningKeyPair(pair, 'ES256')).rejects.toThrow(TypeError)
    const jwk = (await exportJWK(one!.privateKey)) as PrivateJwk
    const { x, y } = (await exportJWK(two!.publicKey)) as Record<string, string>
    await expect(toSigningKeyPair({ ...jwk, x, y }, 'ES256')).rejects.toThrow()
  })
})

describe('checkKeyPair', () => {
  it('checkKeyPair describes a key that cannot sign, or whose public key is unknown', async () => {
    const { privateKey, publicKey } = await generateWithJose('ES256', { extractable: true })
    const jwk = (await exportJWK(privateKey)) as PrivateJwk
    const wrong: readonly (readonly [unknown, Algorithm, string])[] = [
      [undefined, 'ES256', 'must be a private CryptoKey, KeyObject or JWK'],
      ['a PEM', 'ES256', 'is a string: for a PEM, set createPrivateKey(pem) from node:crypto'],
      [
        privateKey,
        'ES256',
        'is a CryptoKey, whose public key is unknown: set the CryptoKeyPair that contains it',
      ],
      [publicKey, 'ES256', 'is not a private key: set the private key, not the public key'],
      [
        KeyObject.from(publicKey),
        'ES256',
        'is not a private key: set the private key, not the public key',
      ],
      [{ ...jwk, x: undefined }, 'ES256', 'is a JWK without public members'],
      [jwk, 'ES384', 'does not fit ES384'],
      [{ privateKey, publicKey }, 'PS256', 'is a pair whose member privateKey does not fit PS256'],
      [
        { privateKey: publicKey, publicKey },
        'ES256',
        'is a pair whose member privateKey is not a private key: set the private key, not the public key',
      ],
      [
        { privateKey, publicKey: privateKey },
        'ES256',
        'is a pair without a public key that can be exported',
      ],
      [
        { privateKey: KeyObject.from(privateKey), publicKey },
        'ES256',
        'is a pair of keys that are not CryptoKeys: set the private key alone',
      ],
      [
        jwk,
        'HS256',
        'requires an algorithm with a private key, such as ES256 (ML-DSA is not accepted)',
      ],
    ]
    for (const [key, algorithm, text] of wrong) expect(checkKeyPair(key, algorithm)).toBe(text)
  })
})
