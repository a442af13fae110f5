import { KeyObject, webcrypto } from 'node:crypto'
import { inspect } from 'node:util'
import { exportJWK, generateKeyPair, type JWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { ReceivedRequest } from '../../../../../test/support/introspection-server.ts'
import { AUDIENCE } from '../../../../../test/support/issuer.ts'
import {
  type ClientAuthentication,
  ConfigurationError,
  createResourceServer,
} from '../../../src/index.ts'
import { ACTIVE, setup } from './setup.ts'

const TOKEN = 'an-opaque-token'

/** Parts of ids and secrets with characters that are easy to encode wrongly. */
const ODD = ['a:b', 'p%+\u00fc ', '%41', 'a+b c', '=&;#?', '"\\', "-_.!~*'()", '\u{1f43b}:', ' ']

/** Decodes Basic credentials as RFC 6749 section 2.3.1 requires. */
function decodeBasic({ headers }: ReceivedRequest): string[] {
  const [scheme, credentials] = headers.authorization!.split(' ')
  expect(scheme).toBe('Basic')
  const pair = Buffer.from(credentials!, 'base64').toString('latin1')
  expect(pair.split(':')).toHaveLength(2)
  return pair.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
}

async function introspectWith(clientId: string, clientAuthentication: ClientAuthentication) {
  const made = await setup(ACTIVE, { introspection: { clientId, clientAuthentication } })
  expect(await made.getOutcome(TOKEN)).toBe('granted')
  return { ...made, request: made.endpoint.requests[0]! }
}

describe('clientAuthentication at introspection', () => {
  it('7662-04: client_secret_basic sends ids and secrets with special characters in the header', async () => {
    for (const [i, odd] of ODD.entries()) {
      // Options reject a client id that begins or ends with white space, but accept such a secret.
      const clientId = `id${odd}id`
      const secret = ODD.at(-1 - i)!
      const { request } = await introspectWith(clientId, { method: 'client_secret_basic', secret })
      expect(decodeBasic(request)).toEqual([clientId, secret])
      expect([...request.form.keys()]).toEqual(['token'])
    }
  })

  it('7662-04: client_secret_post sends ids and secrets with special characters in the form', async () => {
    for (const [i, odd] of ODD.entries()) {
      // Options reject a client id that begins or ends with white space, but accept such a secret.
      const clientId = `id${odd}id`
      const secret = ODD.at(-1 - i)!
      const { request } = await introspectWith(clientId, { method: 'client_secret_post', secret })
      expect(request.headers.authorization).toBeUndefined()
      expect(request.form.get('client_id')).toBe(clientId)
      expect(request.form.get('client_secret')).toBe(secret)
    }
  })

  it('7662-04: private_key_jwt signs assertions that are valid for one minute and have different jti, with every form of a key', async () => {
    for (const alg of ['RS256', 'PS256', 'ES256', 'Ed25519'] as const) {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
      const jwk = { ...(await exportJWK(privateKey)), kid: 'k1', alg } as JWK & { kty: string }
      const seen = new Set<unknown>()
      for (const method of [
        { key: privateKey, algorithm: alg, keyId: 'k1' },
        { key: jwk },
        { key: async () => jwk },
        { key: KeyObject.from(privateKey), algorithm: alg, keyId: 'k1' },
      ]) {
        const clientAuthentication = { method: 'private_key_jwt', ...method } as const
        const { request, clock, endpoint } = await introspectWith('the-api', clientAuthentication)
        expect(request.form.get('client_id')).toBe('the-api')
        expect(request.form.get('client_assertion_type')).toBe(
          'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        )
        const { payload, protectedHeader } = await jwtVerify(
          request.form.get('client_assertion')!,
          publicKey,
          {
            issuer: 'the-api',
            subject: 'the-api',
            audience: endpoint.url,
            currentDate: new Date(clock.now()),
          },
        )
        expect(protectedHeader).toMatchObject({ alg, kid: 'k1' })
        expect(payload.exp! - payload.iat!).toBe(60)
        seen.add(payload.jti)
      }
      expect(seen.size).toBe(4)
    }
  })

  it('private_key_jwt writes the configured name of the algorithm into the header', async () => {
    const { privateKey } = await generateKeyPair('Ed25519', { extractable: true })
    const key = (await exportJWK(privateKey)) as JWK & { kty: string }
    const { request } = await introspectWith('the-api', {
      method: 'private_key_jwt',
      key,
      algorithm: 'EdDSA',
    })
    const [header] = request.form.get('client_assertion')!.split('.')
    expect(JSON.parse(Buffer.from(header!, 'base64url').toString())).toMatchObject({ alg: 'EdDSA' })
  })

  it('8705-14: tls_client_auth calls the endpoint in mtls_endpoint_aliases of the metadata, and client_secret_basic does not', async () => {
    const at = '/.well-known/openid-configuration'
    const aliases = (url: string) => ({ introspection_endpoint: `${url}/introspect/mtls` })
    const others = (url: string) => ({
      [at]: {
        issuer: url,
        introspection_endpoint: `${url}/introspect`,
        mtls_endpoint_aliases: aliases(url),
      },
    })
    const clientAuthentication = { method: 'tls_client_auth' } as const
    const byCertificate = await setup(ACTIVE, { introspection: { clientAuthentication }, others })
    expect(await byCertificate.getOutcome(TOKEN)).toBe('granted')
    expect(byCertificate.endpoint.requests[0]).toMatchObject({ url: '/introspect/mtls' })
    expect(byCertificate.endpoint.requests[0]!.form.get('client_id')).toBe('the-api')
    const bySecret = await setup(ACTIVE, { others })
    expect(await bySecret.getOutcome(TOKEN)).toBe('granted')
    expect(bySecret.endpoint.requests[0]).toMatchObject({ url: '/introspect' })
  })

  it('client_secret_basic calls the function for the secret at each introspection call, and sends the new secret', async () => {
    let secret = 'first'
    const made = await introspectWith('the-api', {
      method: 'client_secret_basic',
      secret: async () => secret,
    })
    expect(decodeBasic(made.request)).toEqual(['the-api', 'first'])
    secret = 'second'
    expect(await made.getOutcome('another')).toBe('granted')
    expect(decodeBasic(made.endpoint.requests[1]!)).toEqual(['the-api', 'second'])
  })

  it('private_key_jwt sends the assertion that a function returns, or signs an assertion for a configured audience', async () => {
    const method = 'private_key_jwt'
    const made = await introspectWith('the-api', {
      method,
      assertion: async () => 'external-assertion',
    })
    expect(made.request.form.get('client_assertion')).toBe('external-assertion')
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const audience = 'https://as.example.com/token'
    const key = { method, key: privateKey, algorithm: 'ES256', audience } as const
    const { request, clock } = await introspectWith('the-api', key)
    const currentDate = new Date(clock.now())
    await jwtVerify(request.form.get('client_assertion')!, publicKey, { audience, currentDate })
  })

  it('private_key_jwt sends no request if the function for the key does not return a usable private key', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const publicJwk = (await exportJWK(publicKey)) as JWK & { kty: string }
    const { d } = await exportJWK(privateKey)
    for (const key of [
      () => publicKey,
      () => privateKey,
      () => ({ ...publicJwk, alg: 'ES256' }),
      () => ({ ...publicJwk, alg: 'none', d }) as typeof publicJwk,
      () => undefined as unknown as typeof publicJwk,
    ]) {
      const made = await setup(ACTIVE, {
        introspection: { clientAuthentication: { method: 'private_key_jwt', key } },
      })
      expect(await made.getOutcome(TOKEN)).toBe('503 introspection_unavailable')
      expect(made.failures()).toEqual(['credentials_unavailable'])
      expect(made.endpoint.requests).toEqual([])
      expect(inspect(made.events)).not.toContain(d)
    }
  })
})

describe('options of clientAuthentication', () => {
  const good = { method: 'client_secret_basic', secret: 'very-secret' }
  function problems(clientAuthentication: unknown): readonly string[] {
    try {
      createResourceServer({
        issuer: 'https://as.example.com',
        audience: AUDIENCE,
        introspection: { clientId: 'a', clientAuthentication } as never,
      }).close()
      return []
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(inspect(error)).not.toContain('very-secret')
      return (error as ConfigurationError).problems
    }
  }

  it('createResourceServer accepts valid clientAuthentication, and rejects wrong options with an error that contains no secret', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(privateKey)
    const invalid = [
      undefined,
      'very-secret',
      {},
      { method: 'none' },
      { method: 'toString' },
      { ...good, secret: undefined },
      { ...good, secret: '' },
      { ...good, secret: 7 },
      { ...good, secret: 'very-secret\n' },
      { ...good, sekret: 'very-secret' },
      { method: 'private_key_jwt' },
      { method: 'private_key_jwt', key: 'very-secret' },
      { method: 'private_key_jwt', key: publicKey },
      { method: 'private_key_jwt', key: privateKey, algorithm: 'RS256' },
      { method: 'private_key_jwt', key: privateKey, algorithm: 'HS256' },
      { method: 'private_key_jwt', assertion: 'very-secret' },
      { method: 'private_key_jwt', key: jwk },
      { method: 'private_key_jwt', key: privateKey },
      { method: 'private_key_jwt', key: privateKey, algorithm: 'ES256', keyId: 7 },
      { method: 'private_key_jwt', key: () => privateKey, algorithm: 'none' },
      { method: 'tls_client_auth', secret: 'very-secret' },
    ]
    for (const wrong of invalid) expect(problems(wrong), inspect(wrong)).toHaveLength(1)
    const valid = [
      good,
      { ...good, method: 'client_secret_post', secret: () => 'a' },
      { method: 'private_key_jwt', key: privateKey, algorithm: 'ES256' },
      { method: 'private_key_jwt', key: { ...jwk, alg: 'ES256' } },
      { method: 'private_key_jwt', key: jwk, algorithm: 'ES256', keyId: 'k1' },
      { method: 'private_key_jwt', key: () => privateKey },
      { method: 'tls_client_auth' },
    ]
    for (const right of valid) expect(problems(right), inspect(right)).toEqual([])
  })

  it('createResourceServer accepts a non-extractable WebCrypto key of node:crypto', async () => {
    const { privateKey } = await webcrypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign', 'verify'],
    )
    expect(problems({ method: 'private_key_jwt', key: privateKey, algorithm: 'ES256' })).toEqual([])
  })
})
