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

/** An endpoint that signs what it says, with whatever a test changes of it. */
async function signing(
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
  const mint = createTestIssuer({ issuer: endpoint.url, now })
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
  const says = async (text: string, type = TYPE) => {
    endpoint.answer(raw(text, type))
    return made.judge(`${TOKEN}-${endpoint.asked.length}`)
  }
  return { ...made, sign, says, mint }
}

const REFUSED = '503 introspection_unavailable'

describe('a signed answer', () => {
  it('9701-01: is asked for', async () => {
    const { endpoint, says, sign } = await signing()
    expect(await says(sign())).toBe('granted')
    expect(endpoint.asked[0]!.headers.accept).toBe(TYPE)
    expect(await says(sign({ key: rs256 }))).toBe('granted')
    expect(endpoint.visited.filter((url) => url === '/jwks')).toHaveLength(1)
  })

  it.each<[string, Part, string]>([
    ['9701-02: the type, with its tree', { typ: 'application/token-introspection+jwt' }, 'granted'],
    ['9701-02: JWT', { typ: 'JWT' }, REFUSED],
    ['9701-02: at+jwt', { typ: 'at+jwt' }, REFUSED],
    ['9701-02: none', { typ: undefined }, REFUSED],
    ['9701-02: a number', { typ: 1 }, REFUSED],
    ['a critical extension', { crit: ['exp'] }, REFUSED],
  ])('has the type of one: %s', async (_, header, expected) => {
    const { says, sign, failures } = await signing()
    expect(await says(sign({ header }))).toBe(expected)
    expect(failures()).toEqual(expected === REFUSED ? ['untrusted_answer'] : [])
  })

  it.each<[string, (now: number, url: string) => Part, string]>([
    ['9701-03: another issuer', () => ({ iss: 'https://as.example.com' }), REFUSED],
    ['9701-03: nearly the issuer', (_, url) => ({ iss: `${url}/` }), REFUSED],
    ['9701-03: no issuer', () => ({ iss: undefined }), REFUSED],
    ['9701-04: another client', () => ({ aud: 'another-api' }), REFUSED],
    ['9701-04: no client', () => ({ aud: undefined }), REFUSED],
    ['9701-04: this API by its audience', () => ({ aud: AUDIENCE }), 'granted'],
    ['9701-04: another API', () => ({ aud: `${AUDIENCE}/` }), REFUSED],
    ['9701-04: us among others', () => ({ aud: ['another-api', 'the-api'] }), 'granted'],
    ['9701-05: no iat', () => ({ iat: undefined }), REFUSED],
    ['9701-05: an iat that is no number', (now) => ({ iat: String(now) }), REFUSED],
    ['9701-05: an iat to come', (now) => ({ iat: now + 6 }), REFUSED],
    ['9701-12: one from a while ago', (now) => ({ iat: now - 66 }), REFUSED],
    ['9701-12: one from just now', (now) => ({ iat: now - 65 }), 'granted'],
    ['9701-06: no token_introspection', () => ({ token_introspection: undefined }), REFUSED],
    [
      '9701-06: a token_introspection that is no object',
      () => ({ token_introspection: [ACTIVE] }),
      REFUSED,
    ],
    [
      '9701-06: a token_introspection that is text',
      () => ({ token_introspection: 'active' }),
      REFUSED,
    ],
    [
      '9701-06: members at the top',
      () => ({ token_introspection: {}, ...ACTIVE, aud: 'the-api' }),
      REFUSED,
    ],
    [
      '9701-06: other members at the top',
      () => ({ token_introspection: { active: false }, active: true }),
      '401 inactive',
    ],
    ['9701-13: a sub and an exp at the top', (now) => ({ sub: 'eve', exp: now - 999 }), 'granted'],
  ])('says whose it is, for whom, and what: %s', async (_, claims, expected) => {
    const { clock, endpoint, says, sign } = await signing()
    expect(await says(sign({ claims: claims(clock.seconds(), endpoint.url) }))).toBe(expected)
  })

  it('9701-06, 9701-13: gives nothing from its top to the handler', async () => {
    const { endpoint, send, sign } = await signing()
    endpoint.answer(
      raw(sign({ claims: { sub: 'eve', scope: 'admin', exp: 1, active: false } }), TYPE),
    )
    const token = tokenIn(await send(TOKEN))
    expect(token).toMatchObject({ scopes: ['read', 'write'], expiresAt: undefined })
    expect(token.subject.id).toBe('user-ada')
    expect(token.claims).toEqual(ACTIVE)
  })

  it('9701-07: is not replaced by one that is not signed', async () => {
    const { says, sign, failures } = await signing()
    expect(await says(JSON.stringify(ACTIVE), 'application/json')).toBe(REFUSED)
    expect(await says(sign(), 'application/jwt')).toBe(REFUSED)
    expect(await says(JSON.stringify(ACTIVE))).toBe(REFUSED)
    expect(await says('')).toBe(REFUSED)
    expect(failures()).toEqual([
      'content_type',
      'content_type',
      'untrusted_answer',
      'untrusted_answer',
    ])
  })

  it('9701-08: is signed by the issuer, with an algorithm that was agreed', async () => {
    const { says, sign } = await signing({ algorithms: ['ES256'] })
    expect(await says(sign())).toBe('granted')
    expect(await says(sign({ key: rs256 }))).toBe(REFUSED)

    const stranger = generateKey('ES256', 'k1')
    expect(await says(sign({ key: stranger }))).toBe(REFUSED)
    expect(await says(sign({ header: { kid: 'unknown' } }))).toBe(REFUSED)
    const [, claims] = sign().split('.')
    for (const alg of ['none', 'NONE', 'HS256']) {
      const input = `${encodePart({ alg, typ: 'token-introspection+jwt', kid: 'k2' })}.${claims}`
      const pem = rs256.publicKey.export({ format: 'pem', type: 'spki' })
      const mac = createHmac('sha256', pem).update(input).digest('base64url')
      expect(await says(`${input}.${mac}`)).toBe(REFUSED)
      expect(await says(`${input}.`)).toBe(REFUSED)
    }
    const signed = sign()
    expect(await says(signed.slice(0, -2) + (signed.endsWith('AA') ? 'BA' : 'AA'))).toBe(REFUSED)
  })

  it('9701-09: is no access token', async () => {
    for (const tokenFormat of ['jwt', 'any'] as const) {
      const { endpoint, judge, sign } = await signing({}, { tokenFormat })
      const answer = sign({ claims: { aud: AUDIENCE, scope: 'read', client_id: 'a', exp: 4e9 } })
      expect(await judge(answer)).toBe('401 wrong_token_type')
      expect(endpoint.asked).toEqual([])
    }
  })

  it('9701-10: is no access token of the issuer, whatever is in it', async () => {
    const { says, mint, sign } = await signing()
    const claims = { aud: 'the-api', token_introspection: ACTIVE }
    expect(await says(mint.token({ key: es256, claims }))).toBe(REFUSED)
    expect(await says(sign())).toBe('granted')
  })

  it('9701-11: is not encrypted, whether or not something signed is inside', async () => {
    const { says, sign } = await signing()
    for (const inside of [sign(), `${encodePart({ alg: 'none' })}.${encodePart({ ...ACTIVE })}.`]) {
      const encrypted = await new CompactEncrypt(Buffer.from(inside))
        .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT' })
        .encrypt(rs256.publicKey)
      expect(await says(encrypted)).toBe(REFUSED)
    }
  })

  it('is rejected while the keys of the issuer are unavailable, which are fetched at their own pace', async () => {
    const { says, sign, endpoint, failures, failed } = await signing(
      {},
      { jwksUri: 'http://127.0.0.1:1/jwks' },
    )
    for (let i = 0; i < 7; i++) expect(await says(sign())).toBe(REFUSED)
    expect(new Set(failures())).toEqual(new Set(['keys_unavailable']))
    // The endpoint has answered: it is not left alone for what another one does.
    expect(failed().map(({ pause }) => pause)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(endpoint.asked).toHaveLength(7)
  })

  it('is forgotten with the key that has signed it', async () => {
    const { endpoint, judge, says, sign, server } = await signing()
    expect(await says(sign())).toBe('granted')
    server.distrustKey({
      issuer: endpoint.url,
      thumbprint: await calculateJwkThumbprint(es256.jwk),
    })
    expect(await judge(`${TOKEN}-0`)).toBe(REFUSED)
    expect(endpoint.asked).toHaveLength(2)
  })

  // `distrustKey` forgets the answers that are cached, but not one that was verified and is not cached yet.
  it('is not used after distrustKey, called up to 30 awaits after the answer is received', async () => {
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
      const answer = signCompact(
        { alg: es256.alg, typ: 'token-introspection+jwt', kid: es256.kid },
        { iss: ISSUER, aud: CREDENTIALS.clientId, iat: clock.seconds(), token_introspection },
        es256.alg,
        es256.privateKey,
      )
      const received = () =>
        new ReadableStream<Uint8Array>(
          {
            pull(controller) {
              controller.enqueue(new TextEncoder().encode(answer))
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
      // `check` is called last: a guard whose `check` returns `true` at once grants at once.
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
