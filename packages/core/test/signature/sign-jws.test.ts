import { createPublicKey, generateKeyPairSync, KeyObject } from 'node:crypto'
import { exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { PrivateJwk, PrivateKey } from '../../src/signature/private-key.ts'
import { type Algorithm, DEFAULT_ALGORITHMS } from '../../src/signature/algorithms.ts'
import { signJws } from '../../src/signature/sign-jws.ts'

const CLAIMS = { iss: 'client', name: '\u00e9' }

function sign(key: PrivateKey, algorithm: Algorithm): Promise<string> {
  return signJws({ alg: algorithm, kid: 'k1' }, CLAIMS, key, algorithm)
}

describe('signJws', () => {
  it.each(DEFAULT_ALGORITHMS)(
    'signJws signs with %s and a CryptoKey, a KeyObject or a JWK',
    async (alg) => {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
      const jwk = (await exportJWK(privateKey)) as PrivateJwk
      const keys = [
        privateKey,
        KeyObject.from(privateKey),
        jwk,
        { ...jwk, alg, use: 'sig', key_ops: ['sign'] },
      ]
      for (const key of keys) {
        const { payload, protectedHeader } = await jwtVerify(await sign(key, alg), publicKey)
        expect(payload).toEqual(CLAIMS)
        expect(protectedHeader).toEqual({ alg, kid: 'k1' })
      }
    },
  )

  it('signJws rejects a key that cannot sign with the algorithm, and an RSA key of 1024 bits', async () => {
    const ec = await generateKeyPair('ES256', { extractable: true })
    const jwk = (await exportJWK(ec.privateKey)) as PrivateJwk
    const { privateKey: short } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const { privateKey: pss } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
    const wrong: readonly (readonly [PrivateKey, Algorithm])[] = [
      [ec.privateKey, 'RS256'],
      [ec.publicKey, 'ES256'],
      [createPublicKey(KeyObject.from(ec.privateKey)), 'ES256'],
      [jwk, 'ES384'],
      [jwk, 'RS256'],
      [{ ...jwk, key_ops: ['verify'] }, 'ES256'],
      [{ ...jwk, d: 'AQ' }, 'ES256'],
      [jwk, 'HS256'],
      [short, 'RS256'],
      [short.export({ format: 'jwk' }) as PrivateJwk, 'PS256'],
      [pss, 'PS256'],
    ]
    for (const [key, algorithm] of wrong) await expect(sign(key, algorithm)).rejects.toThrow()
  })
})
