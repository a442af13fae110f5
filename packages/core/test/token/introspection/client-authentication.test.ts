import { KeyObject, webcrypto } from 'node:crypto'
import { inspect } from 'node:util'
import { exportJWK, generateKeyPair, type JWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../../../test/support/introspection-server.ts'
import { AUDIENCE } from '../../../../../test/support/issuer.ts'
import {
  type ClientAuthentication,
  ConfigurationError,
  createResourceServer,
} from '../../../src/index.ts'
import { ACTIVE, setup } from './setup.ts'

const TOKEN = 'an-opaque-token'

/** Ids and secrets with everything in them that an encoding can get wrong. */
const ODD = ['a:b', 'p%+\u00fc ', '%41', 'a+b c', '=&;#?', '"\\', "-_.!~*'()", '\u{1f43b}:', ' ']

/** As RFC 6749 section 2.3.1 has the server do it. */
function decodeBasic({ headers }: Asked): string[] {
  const [scheme, credentials] = headers.authorization!.split(' ')
  expect(scheme).toBe('Basic')
  const pair = Buffer.from(credentials!, 'base64').toString('latin1')
  expect(pair.split(':')).toHaveLength(2)
  return pair.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
}

async function askedWith(clientId: string, clientAuthentication: ClientAuthentication) {
  const made = await setup(ACTIVE, { introspection: { clientId, clientAuthentication } })
  expect(await made.judge(TOKEN)).toBe('granted')
  return { ...made, asked: made.endpoint.asked[0]! }
}

describe('this API says who it is', () => {
  it('7662-04: in the header, so that every id and secret arrives as it is', async () => {
    for (const [i, odd] of ODD.entries()) {
      // White space at the ends of an id is a mistake, and in a secret it may belong there.
      const clientId = `id${odd}id`
      const secret = ODD.at(-1 - i)!
      const { asked } = await askedWith(clientId, { method: 'client_secret_basic', secret })
      expect(decodeBasic(asked)).toEqual([clientId, secret])
      expect([...asked.form.keys()]).toEqual(['token'])
    }
  })

  it('7662-04: or in the form', async () => {
    for (const [i, odd] of ODD.entries()) {
      // White space at the ends of an id is a mistake, and in a secret it may belong there.
      const clientId = `id${odd}id`
      const secret = ODD.at(-1 - i)!
      const { asked } = await askedWith(clientId, { method: 'client_secret_post', secret })
      expect(asked.headers.authorization).toBeUndefined()
      expect(asked.form.get('client_id')).toBe(clientId)
      expect(asked.form.get('client_secret')).toBe(secret)
    }
  })

  it('7662-04: or by an assertion that it signs, each one once and for a minute', async () => {
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
        const { asked, clock, endpoint } = await askedWith('the-api', clientAuthentication)
        expect(asked.form.get('client_id')).toBe('the-api')
        expect(asked.form.get('client_assertion_type')).toBe(
          'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        )
        const { payload, protectedHeader } = await jwtVerify(
          asked.form.get('client_assertion')!,
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

  it('names an algorithm as the server knows it', async () => {
    const { privateKey } = await generateKeyPair('Ed25519', { extractable: true })
    const key = (await exportJWK(privateKey)) as JWK & { kty: string }
    const { asked } = await askedWith('the-api', {
      method: 'private_key_jwt',
      key,
      algorithm: 'EdDSA',
    })
    const [header] = asked.form.get('client_assertion')!.split('.')
    expect(JSON.parse(Buffer.from(header!, 'base64url').toString())).toMatchObject({ alg: 'EdDSA' })
  })

  it("8705-14: by the certificate of one's own fetch, where the metadata has a place for that", async () => {
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
    expect(await byCertificate.judge(TOKEN)).toBe('granted')
    expect(byCertificate.endpoint.asked[0]).toMatchObject({ url: '/introspect/mtls' })
    expect(byCertificate.endpoint.asked[0]!.form.get('client_id')).toBe('the-api')
    const bySecret = await setup(ACTIVE, { others })
    expect(await bySecret.judge(TOKEN)).toBe('granted')
    expect(bySecret.endpoint.asked[0]).toMatchObject({ url: '/introspect' })
  })

  it('with a secret or a key that is asked for at each call, so that it can be changed', async () => {
    let secret = 'first'
    const made = await askedWith('the-api', {
      method: 'client_secret_basic',
      secret: async () => secret,
    })
    expect(decodeBasic(made.asked)).toEqual(['the-api', 'first'])
    secret = 'second'
    expect(await made.judge('another')).toBe('granted')
    expect(decodeBasic(made.endpoint.asked[1]!)).toEqual(['the-api', 'second'])
  })

  it('or by an assertion that somebody else makes, or for whom the issuer wants it', async () => {
    const method = 'private_key_jwt'
    const made = await askedWith('the-api', { method, assertion: async () => 'of-the-platform' })
    expect(made.asked.form.get('client_assertion')).toBe('of-the-platform')
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const audience = 'https://as.example.com/token'
    const key = { method, key: privateKey, algorithm: 'ES256', audience } as const
    const { asked, clock } = await askedWith('the-api', key)
    const currentDate = new Date(clock.now())
    await jwtVerify(asked.form.get('client_assertion')!, publicKey, { audience, currentDate })
  })

  it('or does not ask at all, where the key that it is given signs nothing', async () => {
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
      expect(await made.judge(TOKEN)).toBe('503 introspection_unavailable')
      expect(made.failures()).toEqual(['credentials_unavailable'])
      expect(inspect(made.events)).not.toContain(d)
    }
  })
})

describe('what is configured of it', () => {
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

  it('is one of four methods, each with what it takes, and no message holds a secret', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(privateKey)
    const one = [
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
    for (const wrong of one) expect(problems(wrong), inspect(wrong)).toHaveLength(1)
    const right = [
      good,
      { ...good, method: 'client_secret_post', secret: () => 'a' },
      { method: 'private_key_jwt', key: privateKey, algorithm: 'ES256' },
      { method: 'private_key_jwt', key: { ...jwk, alg: 'ES256' } },
      { method: 'private_key_jwt', key: jwk, algorithm: 'ES256', keyId: 'k1' },
      { method: 'private_key_jwt', key: () => privateKey },
      { method: 'tls_client_auth' },
    ]
    for (const fine of right) expect(problems(fine), inspect(fine)).toEqual([])
  })

  it('takes keys of WebCrypto from anywhere', async () => {
    const { privateKey } = await webcrypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign', 'verify'],
    )
    expect(problems({ method: 'private_key_jwt', key: privateKey, algorithm: 'ES256' })).toEqual([])
  })
})
