import { generateKeyPairSync, KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { verifyProof } from '../../../test/support/proofs.ts'
import { clientCredentials, type ConfigurationError, type DpopKeyOptions } from '../src/index.ts'
import { setup } from './setup.ts'
import { grant, type Script } from './token-server.ts'

const bound: Script = grant(1, { token_type: 'DPoP' })

/** Returns the problems that `clientCredentials` reports for a value of `dpop`. */
function getProblems(dpop: unknown, more: object = {}): readonly string[] {
  try {
    clientCredentials({
      issuer: 'https://auth.example.com',
      clientId: 'orders',
      clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
      dpop: dpop as true,
      ...more,
    }).close()
    return []
  } catch (error) {
    return (error as ConfigurationError).problems
  }
}

describe('the option dpop', () => {
  it('clientCredentials() accepts a CryptoKeyPair, a KeyObject and a JWK as dpop.key, and getToken() sends only the public key', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = (await exportJWK(privateKey)) as DpopKeyOptions['key'] & object
    const thumbprint = await calculateJwkThumbprint(await exportJWK(publicKey))
    const keys = [{ privateKey, publicKey }, KeyObject.from(privateKey), jwk]
    for (const key of keys) {
      const { source, server } = await setup(bound, { dpop: { key } })
      await source.getToken()
      const proof = await verifyProof(server.requests[0]!.headers['dpop'])
      expect(proof.thumbprint).toBe(thumbprint)
      expect(Object.keys(proof.header.jwk)).toEqual(['kty', 'crv', 'x', 'y'])
    }
  })

  it.each(['ES384', 'Ed25519', 'PS256'] as const)(
    'getToken() signs the proof with a generated key for dpop.algorithm %s',
    async (algorithm) => {
      const { source, server } = await setup(bound, { dpop: { algorithm } })
      await source.getToken()
      const { header } = await verifyProof(server.requests[0]!.headers['dpop'])
      expect(header.alg).toBe(algorithm)
    },
  )

  it('dpop.algorithm is the alg of the JWK by default', async () => {
    const { privateKey } = await generateKeyPair('ES512', { extractable: true })
    const key = { ...(await exportJWK(privateKey)), kty: 'EC', alg: 'ES512' }
    const { source, server } = await setup(bound, { dpop: { key } })
    await source.getToken()
    expect((await verifyProof(server.requests[0]!.headers['dpop'])).header.alg).toBe('ES512')
  })

  it('clientCredentials() uses a copy of the JWK in dpop.key', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const key: Record<string, unknown> & { kty: string } = {
      ...(await exportJWK(privateKey)),
      kty: 'EC',
    }
    const { source } = await setup(bound, { dpop: { key } })
    delete key['d']
    expect((await source.getToken()).type).toBe('DPoP')
  })

  it('getToken() rejects with credentials_unavailable if the public key and the private key are not a pair', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => generateKeyPair('ES256')))
    const key = { privateKey: one!.privateKey, publicKey: two!.publicKey }
    const { source, server } = await setup(bound, { dpop: { key }, maxWait: 0 })
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'credentials_unavailable',
      detail: 'the key of dpop cannot sign with ES256',
    })
    expect(server.requests).toEqual([])
  })

  it('getToken() rejects with credentials_unavailable and the name of the algorithm if the runtime cannot generate a key', async () => {
    const generateKey = vi.spyOn(crypto.subtle, 'generateKey')
    generateKey.mockRejectedValue(new DOMException('no such curve', 'NotSupportedError'))
    const { source, server } = await setup(bound, { dpop: { algorithm: 'ES512' }, maxWait: 0 })
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'credentials_unavailable',
      detail: 'no key of dpop can be generated for ES512',
    })
    expect(server.requests).toEqual([])
  })

  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const secretJwk = privateKey.export({ format: 'jwk' })

  it.each<[string, unknown, string]>([
    ['is false', false, 'dpop must be true or an object { key, algorithm }, not false.'],
    ['is a text', 'yes', 'dpop must be true or an object { key, algorithm }'],
    ['has an unknown member', { keys: secretJwk }, 'dpop.keys is not an option. Did you mean'],
    ['has a public key', { key: publicKey }, 'dpop.key is not a private key'],
    ['has a PEM as key', { key: '-----BEGIN PRIVATE KEY-----' }, 'dpop.key is a string: for a PEM'],
    [
      'has an algorithm that does not fit the key',
      { key: privateKey, algorithm: 'ES384' },
      'dpop.key does not fit ES384.',
    ],
    [
      'has an HMAC algorithm',
      { algorithm: 'HS256' },
      'dpop.algorithm must be the name of an algorithm',
    ],
    [
      'has an ML-DSA algorithm',
      { algorithm: 'ML-DSA-44' },
      'dpop.algorithm must be the name of an algorithm',
    ],
    ['has an unknown algorithm', { algorithm: 'ES257' }, 'dpop.algorithm must be the name of'],
    ['has an incomplete JWK', { key: { ...secretJwk, y: undefined } }, 'dpop.key is a JWK without'],
  ])('clientCredentials() reports a problem if dpop %s', (_case, dpop, problem) => {
    const problems = getProblems(dpop)
    expect(problems).toEqual([expect.stringContaining(problem)])
    expect(problems.join()).not.toContain(secretJwk.d)
  })

  it('clientCredentials() reports a problem if dpop and acceptTokenType are both set', () => {
    expect(getProblems(true, { acceptTokenType: 'missing' })).toEqual([
      'acceptTokenType cannot be combined with dpop, because the token type must be DPoP: remove one of the two options.',
    ])
  })
})
