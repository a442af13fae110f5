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
  it('dpop accepts a CryptoKeyPair, a KeyObject and a JWK, and sends only the public key', async () => {
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
    'dpop.algorithm %s generates a key for this algorithm',
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

  it('getToken() names the algorithm if the runtime cannot generate a key for it', async () => {
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
    ['false', false, 'dpop must be true or an object { key, algorithm }, not false.'],
    ['a text', 'yes', 'dpop must be true or an object { key, algorithm }'],
    ['an unknown member', { keys: secretJwk }, 'dpop.keys is not an option. Did you mean'],
    ['a public key', { key: publicKey }, 'dpop.key is not a private key'],
    ['a PEM', { key: '-----BEGIN PRIVATE KEY-----' }, 'dpop.key is a string: for a PEM'],
    ['another algorithm', { key: privateKey, algorithm: 'ES384' }, 'dpop.key does not fit ES384.'],
    ['HMAC', { algorithm: 'HS256' }, 'dpop.algorithm must be the name of an algorithm'],
    ['ML-DSA', { algorithm: 'ML-DSA-44' }, 'dpop.algorithm must be the name of an algorithm'],
    ['an unknown algorithm', { algorithm: 'ES257' }, 'dpop.algorithm must be the name of'],
    ['an incomplete JWK', { key: { ...secretJwk, y: undefined } }, 'dpop.key is a JWK without'],
  ])('clientCredentials() reports a problem if dpop is or has %s', (_case, dpop, problem) => {
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
