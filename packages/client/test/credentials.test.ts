import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { decodeJwt, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { generateKey } from '../../../test/support/keys.ts'
import { closingWhenUsedAgain } from '../../../test/support/scripted-server.ts'
import {
  clientCredentials,
  type ClientAuthentication,
  type Secret,
  type TokenError,
} from '../src/index.ts'
import { closing, scene, SECRET, turns, until } from './scene.ts'
import { type Asked, grant, granting, refusing, tokenServer } from './token-server.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...privateKey.export({ format: 'jwk' }), kty: 'EC' }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyOf = (key: unknown, more: object = {}) => ({ method: 'private_key_jwt', key, ...more })
const PEM = privateKey.export({ format: 'pem', type: 'pkcs8' })
const webKeys = await generateKeyPair('ES256')

describe('a key', () => {
  it.each<[string, object, string]>([
    ['a PEM', keyOf(PEM), 'must be no text (a PEM: createPrivateKey(pem))'],
    ['the public half', keyOf(publicKey, { algorithm: 'ES256' }), 'is not the private key'],
    [
      'the public half as a JWK',
      keyOf({ ...createPublicKey(privateKey).export({ format: 'jwk' }), alg: 'ES256' }),
      'is not the private key',
    ],
    ['without an algorithm', keyOf(privateKey), 'takes an algorithm beside it'],
    ['with a secret algorithm', keyOf(jwk, { algorithm: 'HS256' }), 'takes an algorithm with a'],
    ['of another kind', keyOf(privateKey, { algorithm: 'RS256' }), 'does not fit RS256'],
    ['on another curve', keyOf(privateKey, { algorithm: 'ES384' }), 'does not fit ES384'],
    ['on another curve (JWK)', keyOf(jwk, { algorithm: 'ES384' }), 'does not fit ES384'],
    ['of another kind (JWK)', keyOf({ ...jwk, alg: 'PS256' }), 'does not fit PS256'],
    [
      'that says it is for another algorithm',
      keyOf({ ...jwk, alg: 'ES384' }, { algorithm: 'ES256' }),
      'does not fit ES256',
    ],
    [
      'of WebCrypto for another algorithm',
      keyOf(webKeys.privateKey, { algorithm: 'RS256' }),
      'does not fit RS256',
    ],
    ['of RSA for EC', keyOf(rsa.privateKey, { algorithm: 'ES256' }), 'does not fit ES256'],
    ['not at all', keyOf(undefined), 'is missing'],
  ])('%s is refused when the source is made', (_case, clientAuthentication, problem) => {
    expect(() =>
      clientCredentials({
        issuer: 'https://auth.example.com',
        clientId: 'orders',
        clientAuthentication: clientAuthentication as ClientAuthentication,
      }),
    ).toThrow(`clientAuthentication.key ${problem}`)
  })

  it.each([
    ['KeyObject', keyOf(privateKey, { algorithm: 'ES256' })],
    ['CryptoKey', keyOf(webKeys.privateKey, { algorithm: 'ES256' })],
    ['JWK', keyOf({ ...jwk, alg: 'ES256' })],
    ['RSA for RS256', keyOf(rsa.privateKey, { algorithm: 'RS256' })],
    ['RSA for PS512', keyOf(rsa.privateKey, { algorithm: 'PS512' })],
    ['Ed25519', keyOf(generateKey('EdDSA').privateKey, { algorithm: 'EdDSA' })],
    ['Ed25519 by its other name', keyOf(generateKey('EdDSA').privateKey, { algorithm: 'Ed25519' })],
  ])('that fits signs: %s', async (_case, clientAuthentication) => {
    const { value } = await scene(granting, {
      clientAuthentication: clientAuthentication as ClientAuthentication,
    })
    expect(await value()).toBe('token-1')
  })
})

describe('an assertion', () => {
  const audienceOf = (assertion: string) =>
    JSON.parse(Buffer.from(assertion.split('.')[1]!, 'base64url').toString()).aud as unknown

  it('is for the issuer, or whom the operator names', async () => {
    for (const [more, expected] of [
      [{}, undefined],
      [{ audience: 'https://auth.example.com/token' }, 'https://auth.example.com/token'],
    ] as const) {
      const { value, server } = await scene(granting, {
        clientAuthentication: {
          method: 'private_key_jwt',
          key: privateKey,
          algorithm: 'ES256',
          ...more,
        },
      })
      await value()
      const { form } = server.asked[0]!
      expect(audienceOf(form.get('client_assertion')!)).toBe(expected ?? server.url)
    }
  })

  it('can be made by somebody else, anew at each use', async () => {
    let made = 0
    const { value, server, source } = await scene(granting, {
      clientAuthentication: {
        method: 'private_key_jwt',
        assertion: async () => `of-the-platform-${++made}`,
      },
    })
    await value()
    source.invalidate()
    await value()
    expect(server.asked.map(({ form }) => form.get('client_assertion'))).toEqual([
      'of-the-platform-1',
      'of-the-platform-2',
    ])
    expect(server.asked[0]!.form.get('client_id')).toBe('orders')
    expect(server.asked[0]!.form.get('client_assertion_type')).toMatch(/:jwt-bearer$/)
  })

  it('is made elsewhere, or here, and not both', () => {
    const assertion = () => 'a'
    const wrong = [
      [{ assertion: 'a' }, 'clientAuthentication.assertion must be a function'],
      [{ assertion, key: jwk }, 'clientAuthentication.key stands beside assertion'],
      [{ assertion, keyId: 'a' }, 'clientAuthentication.keyId stands beside assertion'],
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

describe('credentials that cannot be had', () => {
  const secretOf = (secret: Secret): ClientAuthentication => ({
    method: 'client_secret_basic',
    secret,
  })
  const keyFrom = (key: () => unknown) => keyOf(key, { algorithm: 'ES256' }) as ClientAuthentication

  it.each<[string, ClientAuthentication, string]>([
    [
      'threw',
      secretOf(() => {
        throw new Error(SECRET)
      }),
      'the function that gives the secret threw',
    ],
    [
      'rejected',
      secretOf(() => Promise.reject(new Error(SECRET))),
      'the function that gives the secret threw',
    ],
    ['gave nothing', secretOf(() => undefined), 'the function that gives the secret gave none'],
    ['gave no text', secretOf(() => ''), 'the function that gives the secret gave none'],
    ['gave a line', secretOf(() => `${SECRET}\n`), 'the secret holds a line break: trim it'],
    ['gave no key', keyFrom(() => undefined), 'the function that gives the key gave none'],
    ['gave a public key', keyFrom(() => publicKey), 'the key is not the private key, which signs'],
    ['gave another key', keyFrom(() => rsa.privateKey), 'the key does not fit ES256'],
    ['gave a PEM', keyFrom(() => PEM), 'the key must be no text (a PEM: createPrivateKey(pem))'],
    [
      'gave no assertion',
      { method: 'private_key_jwt', assertion: () => undefined },
      'the function that gives the assertion gave none',
    ],
  ])('say so: %s', async (_case, clientAuthentication, detail) => {
    const { source, server, events } = await scene(granting, { clientAuthentication, patience: 0 })
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'credentials_unavailable',
      fault: 'ours',
      detail,
    })
    expect(server.asked).toEqual([])
    expect(JSON.stringify(events)).not.toContain(SECRET)
  })

  it('are not what the network is blamed for, where the function never settles', async () => {
    let calls = 0
    const { source, passing } = await scene(granting, {
      patience: 0,
      clientAuthentication: secretOf(() => {
        calls++
        return new Promise(() => {})
      }),
    })
    const failed = source.getToken().catch((error: unknown) => error)
    await until(() => calls === 1)
    expect(await passing(failed)).toMatchObject({
      code: 'credentials_unavailable',
      detail: 'the credentials: not done within 5 s',
    })
  })
})

describe('parameters', () => {
  it('go with the request, beside those of the grant', async () => {
    const { value, server } = await scene(granting, { parameters: { organization: 'acme' } })
    await value()
    expect(Object.fromEntries(server.asked[0]!.form)).toEqual({
      grant_type: 'client_credentials',
      scope: 'read write',
      resource: 'https://api.example.com',
      organization: 'acme',
    })
  })
})

describe('where a connection is closed when it is used again', () => {
  const closed = ({ response }: Asked) => void response.destroy()

  /** A source whose second token is asked for on the connection of the first. */
  async function reusing(
    script: (asked: Asked) => unknown,
    clientAuthentication: ClientAuthentication,
  ) {
    const server = closing(await tokenServer(closingWhenUsedAgain(script)))
    const tokenEndpoint = `${server.url}/token`
    const all = await scene(granting, { server, tokenEndpoint, clientAuthentication })
    expect(await all.value()).toBe('token-1')
    await turns()
    all.clock.advance(600)
    const second = server.received(2).then(() => all.clock.advance(1))
    expect(await all.value()).toBe('token-3')
    await second
    return all
  }

  it('an assertion is signed for each of the two requests, and the token comes all the same', async () => {
    const used = new Set<unknown>()
    const times: number[] = []
    const strict = (asked: Asked) => {
      const { jti, iat } = decodeJwt(asked.form.get('client_assertion')!)
      times.push(iat!)
      if (used.has(jti)) return refusing('invalid_client', { status: 401 })(asked)
      used.add(jti)
      return grant(asked.number)
    }
    const { server, source, count } = await reusing(strict, {
      method: 'private_key_jwt',
      key: privateKey,
      algorithm: 'ES256',
    })
    expect([server.asked.length, used.size]).toEqual([3, 3])
    // A second passes between the two.
    expect(times.map((time) => time - times[0]!)).toEqual([0, 600, 601])
    expect([count('token_failed'), source.counters().failed]).toEqual([0, 0])
  })

  it('an assertion that is made elsewhere is asked for again', async () => {
    let made = 0
    const assertion = () => `assertion-${++made}`
    const { server } = await reusing(({ number }) => grant(number), {
      method: 'private_key_jwt',
      assertion,
    })
    const sent = server.asked.map(({ form }) => form.get('client_assertion'))
    expect(sent).toEqual(['assertion-1', 'assertion-2', 'assertion-3'])
  })

  it('the connection is to blame where there is no second assertion', async () => {
    const assertions = ['the-only-one']
    const { server, failure } = await scene(closed, {
      clientAuthentication: { method: 'private_key_jwt', assertion: () => assertions.shift() },
      patience: 0,
    })
    expect(await failure()).toBe('unreachable')
    expect(server.asked).toHaveLength(1)
  })

  it('neither of two secrets is told, whichever of them the server repeats', async () => {
    const secrets = ['first-secret', 'second-secret']
    for (const repeated of secrets) {
      let given = 0
      const { server, source } = await scene(
        (asked) =>
          asked.number === 1
            ? closed(asked)
            : refusing('invalid_request', { error_description: `what is ${repeated}?` })(asked),
        { clientAuthentication: { method: 'client_secret_post', secret: () => secrets[given++] } },
      )
      const error = await source.getToken().catch((thrown: TokenError) => thrown)
      expect(error).toMatchObject({
        code: 'invalid_request',
        detail: `${server.url}/token: status 400, invalid_request`,
      })
      expect(server.asked.map(({ form }) => form.get('client_secret'))).toEqual(secrets)
    }
  })
})
