import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type CryptoKey, compactVerify, decodeJwt, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { closeOnReuse } from '../../../test/support/scripted-server.ts'
import {
  clientCredentials,
  type ClientAuthentication,
  type Secret,
  type TokenError,
} from '../src/index.ts'
import { closing, setup, SECRET, waitForRequests, until } from './setup.ts'
import {
  type ReceivedRequest,
  grant,
  grantTokens,
  respondWithError,
  createTokenServer,
} from './token-server.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...privateKey.export({ format: 'jwk' }), kty: 'EC' }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
/** Returns a `clientAuthentication` with this key. */
const privateKeyJwt = (key: unknown, more: object = {}) => ({
  method: 'private_key_jwt',
  key,
  ...more,
})
const PEM = privateKey.export({ format: 'pem', type: 'pkcs8' })
const webKeys = await generateKeyPair('ES256')
const ed25519 = generateKeyPairSync('ed25519')

describe('clientAuthentication.key', () => {
  it.each<[string, object, string]>([
    [
      'is a PEM',
      privateKeyJwt(PEM),
      'is a string: for a PEM, set createPrivateKey(pem) from node:crypto',
    ],
    ['is a public key', privateKeyJwt(publicKey, { algorithm: 'ES256' }), 'is not a private key'],
    [
      'is a public JWK',
      privateKeyJwt({ ...createPublicKey(privateKey).export({ format: 'jwk' }), alg: 'ES256' }),
      'is not a private key',
    ],
    ['has no algorithm', privateKeyJwt(privateKey), 'has no algorithm: set the option algorithm'],
    [
      'has a symmetric algorithm',
      privateKeyJwt(jwk, { algorithm: 'HS256' }),
      'requires an algorithm with a private key',
    ],
    [
      'does not have the key type of its algorithm',
      privateKeyJwt(privateKey, { algorithm: 'RS256' }),
      'does not fit RS256',
    ],
    [
      'is not on the curve of its algorithm',
      privateKeyJwt(privateKey, { algorithm: 'ES384' }),
      'does not fit ES384',
    ],
    [
      'is a JWK that is not on the curve of its algorithm',
      privateKeyJwt(jwk, { algorithm: 'ES384' }),
      'does not fit ES384',
    ],
    [
      'is a JWK that does not have the key type of its algorithm',
      privateKeyJwt({ ...jwk, alg: 'PS256' }),
      'does not fit PS256',
    ],
    [
      'is a JWK with another alg',
      privateKeyJwt({ ...jwk, alg: 'ES384' }, { algorithm: 'ES256' }),
      'does not fit ES256',
    ],
    [
      'is a CryptoKey for another algorithm',
      privateKeyJwt(webKeys.privateKey, { algorithm: 'RS256' }),
      'does not fit RS256',
    ],
    [
      'is an RSA key for ES256',
      privateKeyJwt(rsa.privateKey, { algorithm: 'ES256' }),
      'does not fit ES256',
    ],
    ['is undefined', privateKeyJwt(undefined), 'is missing'],
  ])('clientCredentials() rejects a key that %s', (_case, clientAuthentication, problem) => {
    expect(() =>
      clientCredentials({
        issuer: 'https://auth.example.com',
        clientId: 'orders',
        clientAuthentication: clientAuthentication as ClientAuthentication,
      }),
    ).toThrow(`clientAuthentication.key ${problem}`)
  })

  it.each<[string, alg: string, object, KeyObject | CryptoKey]>([
    ['a KeyObject', 'ES256', privateKeyJwt(privateKey, { algorithm: 'ES256' }), publicKey],
    [
      'a CryptoKey',
      'ES256',
      privateKeyJwt(webKeys.privateKey, { algorithm: 'ES256' }),
      webKeys.publicKey,
    ],
    ['a JWK', 'ES256', privateKeyJwt({ ...jwk, alg: 'ES256' }), publicKey],
    ['an RSA key', 'RS256', privateKeyJwt(rsa.privateKey, { algorithm: 'RS256' }), rsa.publicKey],
    ['an RSA key', 'PS512', privateKeyJwt(rsa.privateKey, { algorithm: 'PS512' }), rsa.publicKey],
    [
      'an Ed25519 key',
      'EdDSA',
      privateKeyJwt(ed25519.privateKey, { algorithm: 'EdDSA' }),
      ed25519.publicKey,
    ],
    [
      'an Ed25519 key',
      'Ed25519',
      privateKeyJwt(ed25519.privateKey, { algorithm: 'Ed25519' }),
      ed25519.publicKey,
    ],
  ])(
    'getToken() signs an assertion with %s and the algorithm %s',
    async (_case, alg, clientAuthentication, key) => {
      const { getValue, server } = await setup(grantTokens, {
        clientAuthentication: clientAuthentication as ClientAuthentication,
      })
      expect(await getValue()).toBe('token-1')
      const assertion = server.requests[0]!.form.get('client_assertion')!
      expect((await compactVerify(assertion, key)).protectedHeader.alg).toBe(alg)
    },
  )
})

describe('a client assertion', () => {
  const readAudience = (assertion: string) =>
    JSON.parse(Buffer.from(assertion.split('.')[1]!, 'base64url').toString()).aud as unknown

  it('an assertion has the issuer as audience, or the configured audience', async () => {
    for (const [more, expected] of [
      [{}, undefined],
      [{ audience: 'https://auth.example.com/token' }, 'https://auth.example.com/token'],
    ] as const) {
      const { getValue, server } = await setup(grantTokens, {
        clientAuthentication: {
          method: 'private_key_jwt',
          key: privateKey,
          algorithm: 'ES256',
          ...more,
        },
      })
      await getValue()
      const { form } = server.requests[0]!
      expect(readAudience(form.get('client_assertion')!)).toBe(expected ?? server.url)
    }
  })

  it('the assertion function is called for each request', async () => {
    let made = 0
    const { getValue, server, source } = await setup(grantTokens, {
      clientAuthentication: {
        method: 'private_key_jwt',
        assertion: async () => `of-the-platform-${++made}`,
      },
    })
    await getValue()
    source.invalidate()
    await getValue()
    expect(server.requests.map(({ form }) => form.get('client_assertion'))).toEqual([
      'of-the-platform-1',
      'of-the-platform-2',
    ])
    expect(server.requests[0]!.form.get('client_id')).toBe('orders')
    expect(server.requests[0]!.form.get('client_assertion_type')).toMatch(/:jwt-bearer$/)
  })

  it('clientCredentials() rejects an assertion that is not a function, and an assertion together with key options', () => {
    const assertion = () => 'a'
    const wrong = [
      [{ assertion: 'a' }, 'clientAuthentication.assertion must be a function'],
      [{ assertion, key: jwk }, 'clientAuthentication.key cannot be combined with assertion'],
      [{ assertion, keyId: 'a' }, 'clientAuthentication.keyId cannot be combined with assertion'],
    ] as const
    for (const [members, problem] of wrong) {
      const clientAuthentication = { method: 'private_key_jwt', ...members } as never
      const issuer = 'https://auth.example.com'
      expect(() => clientCredentials({ issuer, clientId: 'a', clientAuthentication })).toThrow(
        problem,
      )
    }
  })
})

describe('credentials that are unavailable', () => {
  const basicSecret = (secret: Secret): ClientAuthentication => ({
    method: 'client_secret_basic',
    secret,
  })
  const keyFrom = (key: () => unknown) =>
    privateKeyJwt(key, { algorithm: 'ES256' }) as ClientAuthentication

  it.each<[string, ClientAuthentication, string]>([
    [
      'throws',
      basicSecret(() => {
        throw new Error(SECRET)
      }),
      'the function for the secret threw an error',
    ],
    [
      'rejects',
      basicSecret(() => Promise.reject(new Error(SECRET))),
      'the function for the secret threw an error',
    ],
    [
      'returns nothing',
      basicSecret(() => undefined),
      'the function for the secret returned no secret',
    ],
    [
      'returns an empty secret',
      basicSecret(() => ''),
      'the function for the secret returned no secret',
    ],
    [
      'returns a secret with a line break',
      basicSecret(() => `${SECRET}\n`),
      'the secret contains a control character, such as a line break: remove it',
    ],
    ['returns no key', keyFrom(() => undefined), 'the function for the key returned no key'],
    [
      'returns a public key',
      keyFrom(() => publicKey),
      'the key is not a private key: set the private key, not the public key',
    ],
    ['returns a key of another type', keyFrom(() => rsa.privateKey), 'the key does not fit ES256'],
    [
      'returns a PEM',
      keyFrom(() => PEM),
      'the key is a string: for a PEM, set createPrivateKey(pem) from node:crypto',
    ],
    [
      'returns no assertion',
      { method: 'private_key_jwt', assertion: () => undefined },
      'the function for the assertion returned no assertion',
    ],
  ])(
    'getToken() rejects with credentials_unavailable if the function for the credentials %s',
    async (_case, clientAuthentication, detail) => {
      const { source, server, events } = await setup(grantTokens, {
        clientAuthentication,
        maxWait: 0,
      })
      await expect(source.getToken()).rejects.toMatchObject({
        code: 'credentials_unavailable',
        fault: 'configuration',
        detail,
      })
      expect(server.requests).toEqual([])
      expect(JSON.stringify(events)).not.toContain(SECRET)
    },
  )

  it('getToken() rejects with credentials_unavailable, not timeout, if the promise of the secret never settles', async () => {
    let calls = 0
    const { source, advanceUntilSettled } = await setup(grantTokens, {
      maxWait: 0,
      clientAuthentication: basicSecret(() => {
        calls++
        return new Promise(() => {})
      }),
    })
    const failed = source.getToken().catch((error: unknown) => error)
    await until(() => calls === 1)
    expect(await advanceUntilSettled(failed)).toMatchObject({
      code: 'credentials_unavailable',
      detail: 'the credentials: timed out after 5 s',
    })
  })
})

describe('parameters', () => {
  it('getToken() sends the configured parameters in addition to the parameters of the grant', async () => {
    const { getValue, server } = await setup(grantTokens, { parameters: { organization: 'acme' } })
    await getValue()
    expect(Object.fromEntries(server.requests[0]!.form)).toEqual({
      grant_type: 'client_credentials',
      scope: 'read write',
      resource: 'https://api.example.com',
      organization: 'acme',
    })
  })
})

describe('a token request on a connection that is closed before the response', () => {
  const closed = ({ response }: ReceivedRequest) => void response.destroy()

  /** Requests two tokens on one connection. The server closes the connection when it receives the second request. */
  async function requestOnClosedConnection(
    script: (request: ReceivedRequest) => unknown,
    clientAuthentication: ClientAuthentication,
  ) {
    const server = closing(await createTokenServer(closeOnReuse(script)))
    const tokenEndpoint = `${server.url}/token`
    const all = await setup(grantTokens, { server, tokenEndpoint, clientAuthentication })
    expect(await all.getValue()).toBe('token-1')
    await waitForRequests()
    all.clock.advance(600)
    const second = server.received(2).then(() => all.clock.advance(1))
    expect(await all.getValue()).toBe('token-3')
    await second
    return all
  }

  it('a token request is retried with a newly signed assertion after its connection is closed', async () => {
    const used = new Set<unknown>()
    const times: number[] = []
    const strict = (request: ReceivedRequest) => {
      const { jti, iat } = decodeJwt(request.form.get('client_assertion')!)
      times.push(iat!)
      if (used.has(jti)) return respondWithError('invalid_client', { status: 401 })(request)
      used.add(jti)
      return grant(request.number)
    }
    const { server, source, count } = await requestOnClosedConnection(strict, {
      method: 'private_key_jwt',
      key: privateKey,
      algorithm: 'ES256',
    })
    expect([server.requests.length, used.size]).toEqual([3, 3])
    // One second passes between the request and the retry.
    expect(times.map((time) => time - times[0]!)).toEqual([0, 600, 601])
    expect([count('token_failed'), source.counters().failed]).toEqual([0, 0])
  })

  it('getToken() calls the function for the assertion again if the connection of the token request is closed', async () => {
    let made = 0
    const assertion = () => `assertion-${++made}`
    const { server } = await requestOnClosedConnection(({ number }) => grant(number), {
      method: 'private_key_jwt',
      assertion,
    })
    const sent = server.requests.map(({ form }) => form.get('client_assertion'))
    expect(sent).toEqual(['assertion-1', 'assertion-2', 'assertion-3'])
  })

  it('getToken() rejects with the code unreachable if the function for the assertion returns no second assertion for a retry', async () => {
    const assertions = ['the-only-one']
    const { server, getErrorCode } = await setup(closed, {
      clientAuthentication: { method: 'private_key_jwt', assertion: () => assertions.shift() },
      maxWait: 0,
    })
    expect(await getErrorCode()).toBe('unreachable')
    expect(server.requests).toHaveLength(1)
  })

  it('the error of a retried token request contains neither of the two secrets', async () => {
    const secrets = ['first-secret', 'second-secret']
    for (const repeated of secrets) {
      let given = 0
      const { server, source } = await setup(
        (request) =>
          request.number === 1
            ? closed(request)
            : respondWithError('invalid_request', { error_description: `what is ${repeated}?` })(
                request,
              ),
        { clientAuthentication: { method: 'client_secret_post', secret: () => secrets[given++] } },
      )
      const error = await source.getToken().catch((thrown: TokenError) => thrown)
      expect(error).toMatchObject({
        code: 'invalid_request',
        detail: `${server.url}/token: status 400, invalid_request`,
      })
      expect(server.requests.map(({ form }) => form.get('client_secret'))).toEqual(secrets)
    }
  })
})
