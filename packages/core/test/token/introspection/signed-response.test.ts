import { createHmac } from 'node:crypto'
import { calculateJwkThumbprint, CompactEncrypt } from 'jose'
import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../../test/support/fake-clock.ts'
import { raw } from '../../../../../test/support/introspection-server.ts'
import {
  AUDIENCE,
  createTestIssuer,
  ISSUER,
  type TokenOverrides,
} from '../../../../../test/support/issuer.ts'
import { generateKey } from '../../../../../test/support/keys.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import { encodePart, type Part, signCompact } from '../../../../../test/support/tokens.ts'
import {
  createResourceServer,
  type IntrospectionOptions,
  type IssuerOptions,
} from '../../../src/index.ts'
import { afterAwaits } from '../../support/after-awaits.ts'
import { ACTIVE, closing, CREDENTIALS, setup, tokenIn } from './setup.ts'

const TOKEN = 'an-opaque-token'
const TYPE = 'application/token-introspection+jwt'
const keys = [generateKey('ES256', 'k1'), generateKey('RS256', 'k2')] as const
const [es256, rs256] = keys

/**
 * Creates an introspection endpoint, and a resource server that requires signed responses. `sign` signs a response with
 * changes. `getOutcomeOfResponse` sends a new token, and the endpoint responds to the introspection with the given text.
 */
async function setupSigning(
  introspection: Partial<IntrospectionOptions> = {},
  issuer: Partial<IssuerOptions> = {},
) {
  const made = await setup(ACTIVE, {
    introspection: { response: 'jwt', ...introspection },
    issuer,
    others: () => ({ '/jwks': { keys: keys.map(({ jwk }) => jwk) } }),
  })
  const { clock, endpoint } = made
  const now = clock.seconds
  const jwtIssuer = createTestIssuer({ issuer: endpoint.url, now })
  function sign({ header = {}, claims = {}, key = es256, signedWith }: TokenOverrides = {}) {
    const usual = {
      iss: endpoint.url,
      aud: 'the-api',
      iat: now(),
      token_introspection: ACTIVE,
    }
    return signCompact(
      { alg: key.alg, typ: 'token-introspection+jwt', kid: key.kid, ...(header as object) },
      { ...usual, ...(claims as object) },
      signedWith ?? key.alg,
      key.privateKey,
    )
  }
  const getOutcomeOfResponse = async (text: string, type = TYPE) => {
    endpoint.answer(raw(text, type))
    return made.getOutcome(`${TOKEN}-${endpoint.requests.length}`)
  }
  return { ...made, sign, getOutcomeOfResponse, jwtIssuer }
}

const UNAVAILABLE = '503 introspection_unavailable'

describe('a signed introspection response', () => {
  it('9701-01: authorize requests a signed introspection response in the Accept header, and fetches the keys once for two responses', async () => {
    const { endpoint, getOutcomeOfResponse, sign } = await setupSigning()
    expect(await getOutcomeOfResponse(sign())).toBe('granted')
    expect(endpoint.requests[0]!.headers.accept).toBe(TYPE)
    expect(await getOutcomeOfResponse(sign({ key: rs256 }))).toBe('granted')
    expect(endpoint.otherPaths.filter((url) => url === '/jwks')).toHaveLength(1)
  })

  it.each<[string, string, Part, string]>([
    [
      '9701-02: ',
      'the typ application/token-introspection+jwt',
      { typ: 'application/token-introspection+jwt' },
      'granted',
    ],
    ['9701-02: ', 'the typ JWT', { typ: 'JWT' }, UNAVAILABLE],
    ['9701-02: ', 'the typ at+jwt', { typ: 'at+jwt' }, UNAVAILABLE],
    ['9701-02: ', 'no typ', { typ: undefined }, UNAVAILABLE],
    ['9701-02: ', 'a typ that is a number', { typ: 1 }, UNAVAILABLE],
    ['', 'a critical extension', { crit: ['exp'] }, UNAVAILABLE],
  ])(
    '%sauthorize returns $3 for a signed response with %s',
    async (_id, _name, header, expected) => {
      const { getOutcomeOfResponse, sign, failures } = await setupSigning()
      expect(await getOutcomeOfResponse(sign({ header }))).toBe(expected)
      expect(failures()).toEqual(expected === UNAVAILABLE ? ['untrusted_answer'] : [])
    },
  )

  it.each<[string, string, (now: number, url: string) => Part, string]>([
    ['9701-03: ', 'another iss', () => ({ iss: 'https://as.example.com' }), UNAVAILABLE],
    ['9701-03: ', 'the iss with a trailing slash', (_, url) => ({ iss: `${url}/` }), UNAVAILABLE],
    ['9701-03: ', 'no iss', () => ({ iss: undefined }), UNAVAILABLE],
    ['9701-04: ', 'the aud of another client', () => ({ aud: 'another-api' }), UNAVAILABLE],
    ['9701-04: ', 'no aud', () => ({ aud: undefined }), UNAVAILABLE],
    ['9701-04: ', 'the aud of this API', () => ({ aud: AUDIENCE }), 'granted'],
    ['9701-04: ', 'the aud of another API', () => ({ aud: `${AUDIENCE}/` }), UNAVAILABLE],
    [
      '9701-04: ',
      'an aud that contains the client id of this API and others',
      () => ({ aud: ['another-api', 'the-api'] }),
      'granted',
    ],
    ['9701-05: ', 'no iat', () => ({ iat: undefined }), UNAVAILABLE],
    ['9701-05: ', 'an iat that is a string', (now) => ({ iat: String(now) }), UNAVAILABLE],
    ['9701-05: ', 'an iat in the future', (now) => ({ iat: now + 6 }), UNAVAILABLE],
    ['9701-12: ', 'an iat 66 seconds ago', (now) => ({ iat: now - 66 }), UNAVAILABLE],
    ['9701-12: ', 'an iat 65 seconds ago', (now) => ({ iat: now - 65 }), 'granted'],
    [
      '9701-06: ',
      'no token_introspection',
      () => ({ token_introspection: undefined }),
      UNAVAILABLE,
    ],
    [
      '9701-06: ',
      'a token_introspection that is an array',
      () => ({ token_introspection: [ACTIVE] }),
      UNAVAILABLE,
    ],
    [
      '9701-06: ',
      'a token_introspection that is a string',
      () => ({ token_introspection: 'active' }),
      UNAVAILABLE,
    ],
    [
      '9701-06: ',
      'active at the top level only',
      () => ({ token_introspection: {}, ...ACTIVE, aud: 'the-api' }),
      UNAVAILABLE,
    ],
    [
      '9701-06: ',
      'active: true at the top level and active: false in token_introspection',
      () => ({ token_introspection: { active: false }, active: true }),
      '401 inactive',
    ],
    [
      '9701-13: ',
      'a sub and an expired exp at the top level',
      (now) => ({ sub: 'eve', exp: now - 999 }),
      'granted',
    ],
  ])(
    '%sauthorize returns $3 for a signed response with %s',
    async (_id, _name, claims, expected) => {
      const { clock, endpoint, getOutcomeOfResponse, sign } = await setupSigning()
      expect(
        await getOutcomeOfResponse(sign({ claims: claims(clock.seconds(), endpoint.url) })),
      ).toBe(expected)
    },
  )

  it('9701-06, 9701-13: the access token contains no claim from the top level of a signed response', async () => {
    const { endpoint, send, sign } = await setupSigning()
    endpoint.answer(
      raw(sign({ claims: { sub: 'eve', scope: 'admin', exp: 1, active: false } }), TYPE),
    )
    const token = tokenIn(await send(TOKEN))
    expect(token).toMatchObject({ scopes: ['read', 'write'], expiresAt: undefined })
    expect(token.subject.id).toBe('user-ada')
    expect(token.claims).toEqual(ACTIVE)
  })

  it('9701-07: authorize refuses with 503 if signed introspection responses are required, and a response is unsigned or has a wrong content type', async () => {
    const { getOutcomeOfResponse, sign, failures } = await setupSigning()
    expect(await getOutcomeOfResponse(JSON.stringify(ACTIVE), 'application/json')).toBe(UNAVAILABLE)
    expect(await getOutcomeOfResponse(sign(), 'application/jwt')).toBe(UNAVAILABLE)
    expect(await getOutcomeOfResponse(JSON.stringify(ACTIVE))).toBe(UNAVAILABLE)
    expect(await getOutcomeOfResponse('')).toBe(UNAVAILABLE)
    expect(failures()).toEqual([
      'content_type',
      'content_type',
      'untrusted_answer',
      'untrusted_answer',
    ])
  })

  it('9701-08: authorize refuses with 503 if a signed introspection response has another key, another algorithm or an invalid signature', async () => {
    const { getOutcomeOfResponse, sign } = await setupSigning({ algorithms: ['ES256'] })
    expect(await getOutcomeOfResponse(sign())).toBe('granted')
    expect(await getOutcomeOfResponse(sign({ key: rs256 }))).toBe(UNAVAILABLE)

    const otherKey = generateKey('ES256', 'k1')
    expect(await getOutcomeOfResponse(sign({ key: otherKey }))).toBe(UNAVAILABLE)
    expect(await getOutcomeOfResponse(sign({ header: { kid: 'unknown' } }))).toBe(UNAVAILABLE)
    const [, claims] = sign().split('.')
    for (const alg of ['none', 'NONE', 'HS256']) {
      const input = `${encodePart({ alg, typ: 'token-introspection+jwt', kid: 'k2' })}.${claims}`
      const pem = rs256.publicKey.export({ format: 'pem', type: 'spki' })
      const mac = createHmac('sha256', pem).update(input).digest('base64url')
      expect(await getOutcomeOfResponse(`${input}.${mac}`)).toBe(UNAVAILABLE)
      expect(await getOutcomeOfResponse(`${input}.`)).toBe(UNAVAILABLE)
    }
    const signed = sign()
    expect(
      await getOutcomeOfResponse(signed.slice(0, -2) + (signed.endsWith('AA') ? 'BA' : 'AA')),
    ).toBe(UNAVAILABLE)
  })

  it('9701-09: authorize refuses a signed introspection response that is sent as an access token', async () => {
    for (const tokenFormat of ['jwt', 'any'] as const) {
      const { endpoint, getOutcome, sign } = await setupSigning({}, { tokenFormat })
      const answer = sign({ claims: { aud: AUDIENCE, scope: 'read', client_id: 'a', exp: 4e9 } })
      expect(await getOutcome(answer)).toBe('401 wrong_token_type')
      expect(endpoint.requests).toEqual([])
    }
  })

  it('9701-10: authorize refuses with 503 if the signed introspection response is an access token of the issuer', async () => {
    const { getOutcomeOfResponse, jwtIssuer, sign } = await setupSigning()
    const claims = { aud: 'the-api', token_introspection: ACTIVE }
    expect(await getOutcomeOfResponse(jwtIssuer.token({ key: es256, claims }))).toBe(UNAVAILABLE)
    expect(await getOutcomeOfResponse(sign())).toBe('granted')
  })

  it('9701-11: authorize refuses with 503 if the introspection response is encrypted, with or without a signed response inside', async () => {
    const { getOutcomeOfResponse, sign } = await setupSigning()
    for (const inside of [sign(), `${encodePart({ alg: 'none' })}.${encodePart({ ...ACTIVE })}.`]) {
      const encrypted = await new CompactEncrypt(Buffer.from(inside))
        .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT' })
        .encrypt(rs256.publicKey)
      expect(await getOutcomeOfResponse(encrypted)).toBe(UNAVAILABLE)
    }
  })

  it('authorize refuses with 503 while keys for signed responses are unavailable, and the circuit breaker does not open', async () => {
    const { getOutcomeOfResponse, sign, endpoint, failures, failed } = await setupSigning(
      {},
      { jwksUri: 'http://127.0.0.1:1/jwks' },
    )
    for (let i = 0; i < 7; i++) expect(await getOutcomeOfResponse(sign())).toBe(UNAVAILABLE)
    expect(new Set(failures())).toEqual(new Set(['keys_unavailable']))
    // The introspection endpoint responds. A failure of the JWKS endpoint does not pause calls of the introspection endpoint.
    expect(failed().map(({ pause }) => pause)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(endpoint.requests).toHaveLength(7)
  })

  it('authorize introspects again after distrustKey for the key of a cached signed response', async () => {
    const { endpoint, getOutcome, getOutcomeOfResponse, sign, server } = await setupSigning()
    expect(await getOutcomeOfResponse(sign())).toBe('granted')
    server.distrustKey({
      issuer: endpoint.url,
      thumbprint: await calculateJwkThumbprint(es256.jwk),
    })
    expect(await getOutcome(`${TOKEN}-0`)).toBe(UNAVAILABLE)
    expect(endpoint.requests).toHaveLength(2)
  })

  // `distrustKey` clears the cache. A response that is being verified at this time is not in the cache yet.
  it('a token is not granted if the key of the signed response is distrusted 0 to 30 awaits after the response arrives', async () => {
    const granted = new Set<number>()
    const thumbprint = await calculateJwkThumbprint(es256.jwk)
    for (let awaits = 0; awaits <= 30; awaits++) {
      let isDistrusted = false
      const distrust = () => {
        isDistrusted = true
        server.distrustKey({ issuer: ISSUER, thumbprint })
      }
      const clock = fakeClock()
      const token_introspection = ACTIVE
      const response = signCompact(
        { alg: es256.alg, typ: 'token-introspection+jwt', kid: es256.kid },
        { iss: ISSUER, aud: CREDENTIALS.clientId, iat: clock.seconds(), token_introspection },
        es256.alg,
        es256.privateKey,
      )
      const received = () =>
        new ReadableStream<Uint8Array>(
          {
            pull(controller) {
              controller.enqueue(new TextEncoder().encode(response))
              controller.close()
              if (!isDistrusted) void afterAwaits(awaits, distrust)
            },
          },
          { highWaterMark: 0 },
        )
      const server = closing(
        createResourceServer({
          issuer: ISSUER,
          audience: AUDIENCE,
          jwks: { keys: [es256.jwk] },
          tokenFormat: 'opaque',
          introspection: { ...CREDENTIALS, endpoint: `${ISSUER}/introspect`, response: 'jwt' },
          clock,
          fetch: async () => new Response(received(), { headers: { 'Content-Type': TYPE } }),
        }),
      )
      // `check` is the last step: if `check` returns `true` immediately, the guard grants immediately.
      const check = () => {
        if (isDistrusted) granted.add(awaits)
        return true
      }
      for (let i = 0; i < 2; i++) {
        await server.guard({ check })(requestWith(TOKEN))
        await settled()
      }
    }
    expect([...granted]).toEqual([])
  })
})
