import { createSecretKey } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../../test/support/issuer.ts'
import { generateKey } from '../../../../../test/support/keys.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import { type Behavior, scriptedEndpoint } from '../../../../../test/support/scripted-endpoint.ts'
import { signCompact } from '../../../../../test/support/tokens.ts'
import {
  type BearwardEvent,
  createResourceServer,
  type Granted,
  type Requirements,
  type ResourceServerOptions,
} from '../../../src/index.ts'

const key = generateKey('ES256', 'first')
const otherKey = generateKey('ES256', 'second')
const clock = fakeClock()
const issuer = createTestIssuer({ now: clock.seconds })
const options = { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk, otherKey.jwk] } }

/** Creates a resource server. `send` returns the reason of a refusal, `cached` for a token from the cache, or `verified`. */
function setup(changes: Partial<ResourceServerOptions> = {}) {
  const events: BearwardEvent[] = []
  const server = createResourceServer({
    ...options,
    clock,
    onEvent: (event) => events.push(event),
    ...changes,
  } as ResourceServerOptions)
  async function send(token: string, requirements?: Requirements) {
    events.length = 0
    const request = requestWith(token)
    const outcome = await (requirements === undefined
      ? server.authorize(request)
      : server.authorize(request, requirements))
    if (outcome.kind === 'refused') return outcome.reason
    const verified = events.find((event) => event.type === 'verified')
    return verified?.cached === true ? 'cached' : 'verified'
  }
  /** Sends a token three times, and expects that the token is in the cache the third time. */
  async function cache(token: string) {
    expect([await send(token), await send(token), await send(token)]).toEqual([
      'verified',
      'verified',
      'cached',
    ])
  }
  return { server, send, cache, events }
}

/** Creates a resource server that fetches its keys. `behavior` is the response of the JWKS endpoint. */
function setupFetched(behavior: Behavior) {
  const endpoint = scriptedEndpoint(behavior)
  return { endpoint, ...setup({ jwks: undefined, fetch: endpoint.fetch } as never) }
}

describe('a token that is sent again', () => {
  it('authorize adds a token to the cache when the token is sent for the second time', async () => {
    await setup().cache(issuer.token({ key }))
  })

  it('authorize with tokenCache: false verifies a token every time it is sent', async () => {
    const { send } = setup({ tokenCache: false })
    const token = issuer.token({ key })
    for (let i = 0; i < 4; i++) expect(await send(token)).toBe('verified')
  })

  it.each([
    ['expired', { exp: clock.seconds() + 60 }, {}, 60 + 5],
    ['too_old', { iat: clock.seconds() - 40 }, { maxTokenAge: 100 }, 60 + 5 + 0.001],
  ] as const)(
    'authorize refuses a cached token with the reason %s at the exact end of its validity, and evicts the token',
    async (reason, claims, changes, end) => {
      const { send, cache } = setup(changes)
      const token = issuer.token({ key, claims: { exp: clock.seconds() + 3600, ...claims } })
      await cache(token)
      const begun = clock.seconds()
      clock.jump(end - 0.01)
      expect(await send(token)).toBe('cached')
      clock.jump(0.01)
      expect(await send(token)).toBe(reason)
      // After the clock is set back, the token is valid again. It is verified again, because it was evicted.
      clock.jump(begun - clock.seconds())
      expect(await send(token)).toBe('verified')
    },
  )

  it('authorize refuses a cached token with the reason issued_in_future after the clock was set back', async () => {
    const { send, cache } = setup()
    const token = issuer.token({ key })
    await cache(token)
    clock.jump(-6)
    expect(await send(token)).toBe('issued_in_future')
    clock.jump(6)
  })

  it('authorize refuses a cached token after its key is removed from the JWKS, and keeps a token of another key cached', async () => {
    const { endpoint, send, cache } = setupFetched({ keys: [key.jwk, otherKey.jwk] })
    const claims = { exp: clock.seconds() + 9000 }
    const [evicted, kept] = [
      issuer.token({ key, claims }),
      issuer.token({ key: otherKey, claims }),
    ] as const
    await cache(evicted)
    await cache(kept)
    endpoint.behave({ keys: [otherKey.jwk] })
    await clock.pass(600)
    expect(await send(evicted)).toBe('unknown_key')
    expect(await send(kept)).toBe('cached')
  })

  it('authorize refuses a cached token after its key in the JWKS is replaced by another key with the same kid', async () => {
    const { endpoint, send, cache } = setupFetched({ keys: [key.jwk] })
    const token = issuer.token({ key, claims: { exp: clock.seconds() + 9000 } })
    await cache(token)
    endpoint.behave({ keys: [{ ...otherKey.jwk, kid: key.kid }] })
    await clock.pass(600)
    expect(await send(token)).toBe('invalid_signature')
  })

  it('a cached token whose key was removed from the JWKS triggers one refresh of the keys', async () => {
    const { endpoint, events, send, cache } = setupFetched({ keys: [key.jwk, otherKey.jwk] })
    const token = issuer.token({ key, claims: { exp: clock.seconds() + 9000 } })
    await cache(token)
    endpoint.behave({ keys: [otherKey.jwk] })
    await clock.pass(600)
    expect(await send(token)).toBe('unknown_key')
    expect(events.filter(({ type }) => type === 'keys_refresh_triggered')).toHaveLength(1)
  })

  it('authorize refuses a cached token without kid if the JWKS later contains more than four matching keys', async () => {
    const withoutKid = [key, otherKey].map(({ jwk }) => ({ ...jwk, kid: undefined }))
    const { endpoint, send, cache } = setupFetched({ keys: withoutKid })
    const claims = { iat: Math.floor(clock.seconds()), exp: clock.seconds() + 9000 }
    const token = issuer.token({ key, header: { kid: undefined }, claims })
    await cache(token)
    const others = Array.from({ length: 3 }, () => generateKey('ES256').jwk)
    endpoint.behave({ keys: [...withoutKid, ...others] })
    await clock.pass(600)
    expect(await send(token)).toBe('unknown_key')
    expect(await send(issuer.token({ key, header: { kid: undefined }, claims }))).toBe(
      'unknown_key',
    )
  })

  it('a token stays cached after a refresh with the same key, and during an outage until the keys become unavailable', async () => {
    const { endpoint, send, cache } = setupFetched({ keys: [key.jwk] })
    const token = issuer.token({ key, claims: { exp: clock.seconds() + 200_000 } })
    await cache(token)
    await clock.pass(1200)
    expect(await send(token)).toBe('cached')
    endpoint.behave('error')
    await clock.pass(80_000)
    expect(await send(token)).toBe('cached')
    await clock.pass(7_200)
    expect(await send(token)).toBe('keys_unavailable')
  })

  it.each(['static', 'fetched'])(
    'authorize refuses a cached token after its %s key is distrusted, and keeps a token of another key cached',
    async (origin) => {
      const keys = [key.jwk, otherKey.jwk]
      const { server, send, cache } = origin === 'static' ? setup() : setupFetched({ keys })
      const token = issuer.token({ key })
      const other = issuer.token({ key: otherKey })
      await cache(token)
      await cache(other)
      server.distrustKey({ issuer: ISSUER, thumbprint: await calculateJwkThumbprint(key.jwk) })
      expect(await send(token)).toMatch(/unknown_key|invalid_signature/)
      expect(await send(other)).toBe('cached')
    },
  )

  it('authorize refuses a changed token, although the original token is cached', async () => {
    const { send, cache } = setup()
    const token = issuer.token({ key })
    await cache(token)
    for (const at of [token.length - 10, token.indexOf('.') + 10]) {
      const letter = token[at] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, at) + letter + token.slice(at + 1)
      expect(await send(changed)).toMatch(/malformed_token|invalid_signature|unknown_issuer/)
    }
  })

  it('authorize checks the requirements of each call for a cached token', async () => {
    const { send, cache } = setup()
    const token = issuer.token({ key, claims: { scope: 'read' } })
    await cache(token)
    expect(await send(token, { scope: 'read' })).toBe('cached')
    expect(await send(token, { scope: 'write' })).toBe('insufficient_scope')
    expect(await send(token, { clients: ['another'] })).toBe('wrong_client')
    expect(await send(token, { check: () => false })).toBe('check_failed')
  })

  it('authorize refuses an invalid token with the same reason every time it is sent', async () => {
    const { send } = setup()
    const bad = {
      wrong_audience: issuer.token({ key, claims: { aud: 'https://other.example.com' } }),
      unsupported_binding: issuer.token({ key, claims: { cnf: { jkt: 'x' } } }),
      invalid_signature: issuer.token({ header: { kid: key.kid } }),
    }
    for (const [reason, token] of Object.entries(bad)) {
      for (let i = 0; i < 4; i++) expect(await send(token)).toBe(reason)
    }
  })

  it('authorize caches a token of an issuer with a secret', async () => {
    const secret = createSecretKey(Buffer.alloc(32, 7))
    const { cache } = setup({ jwks: undefined, secret } as never)
    const claims = { iss: ISSUER, aud: AUDIENCE, scope: 'a', exp: clock.seconds() + 60 }
    await cache(signCompact({ alg: 'HS256', typ: 'at+jwt' }, claims, 'HS256', secret))
  })
})

describe('a cached token', () => {
  it('the token cache keeps tokens of two issuers separate, even if both issuers have the same key and kid', async () => {
    const other = 'https://other.example.com'
    const shared = { audience: AUDIENCE, jwks: { keys: [key.jwk] } }
    const { server, send, cache } = setup({
      issuer: undefined,
      audience: undefined,
      jwks: undefined,
      issuers: [
        { issuer: ISSUER, ...shared },
        { issuer: other, ...shared, clientIdClaim: 'azp' },
      ],
    } as never)
    const mine = issuer.token({ key })
    const theirs = issuer.token({ key, claims: { iss: other, azp: 'web' } })
    await cache(mine)
    await cache(theirs)
    expect(await send(mine, { issuer: other })).toBe('wrong_issuer')
    expect(
      await send(theirs, { issuer: other, clients: [{ issuer: other, clientId: 'web' }] }),
    ).toBe('cached')
    server.distrustKey({ issuer: ISSUER, thumbprint: await calculateJwkThumbprint(key.jwk) })
    expect(await send(mine)).toBe('unknown_key')
    expect(await send(theirs)).toBe('cached')
  })

  it('another resource server does not use a cached token, but verifies the token with its own options', async () => {
    const token = issuer.token({ key })
    await setup().cache(token)
    expect(await setup({ audience: 'https://other.example.com' }).send(token)).toBe(
      'wrong_audience',
    )
    expect(await setup({ clockTolerance: 0 }).send(token)).toBe('verified')
  })

  it('authorize returns the same frozen access token for each request, so a request cannot change the token for other requests', async () => {
    const { server } = setup()
    const token = issuer.token({ key, claims: { aud: [AUDIENCE, 'b'], deep: { list: [{}] } } })
    const getToken = () => {
      const outcome = server.authorize(requestWith(token))
      return (outcome as Granted).token
    }
    getToken()
    getToken()
    const first = getToken()
    expect(getToken()).toBe(first)
    const before = JSON.stringify(first)
    const deepest = (first.claims['deep'] as { list: object[] }).list[0]!
    for (const [object, name] of [
      [first, 'scopes'],
      [first.scopes, '0'],
      [first.audience, '0'],
      [first.subject, 'kind'],
      [first.subject.evidence, 'level'],
      [first.claims, 'sub'],
      [deepest, 'admin'],
      [first.hasScope, 'call'],
    ] as const) {
      expect(Reflect.set(object, name, 'admin')).toBe(false)
      expect(() => Object.setPrototypeOf(object, { admin: true })).toThrow(TypeError)
    }
    expect(JSON.stringify(getToken())).toBe(before)
  })

  it('the token cache evicts the oldest token if a new token would exceed maxEntries', async () => {
    const { send, cache } = setup({ tokenCache: { maxEntries: 2 } })
    const tokens = ['a', 'b', 'c'].map((jti) => issuer.token({ key, claims: { jti } }))
    for (const token of tokens) await cache(token)
    expect(await send(tokens[0]!)).toBe('verified')
    expect(await send(tokens[2]!)).toBe('cached')
  })

  it('the token cache evicts the oldest token if the claims of a new token would exceed maxBytes', async () => {
    const { send, cache } = setup({ tokenCache: { maxBytes: 65_536 } })
    const createLargeToken = (jti: string) =>
      issuer.token({ key, claims: { jti, list: Array.from({ length: 400 }, () => ({})) } })
    const [first, second] = [createLargeToken('1'), createLargeToken('2')] as const
    await cache(first)
    await cache(second)
    expect(await send(first)).toBe('verified')
  })

  it('the token cache keeps a token while 200 other tokens are sent only once', async () => {
    const { send, cache } = setup({ tokenCache: { maxEntries: 10 } })
    const token = issuer.token({ key })
    await cache(token)
    for (let i = 0; i < 200; i++) {
      expect(await send(issuer.token({ key, claims: { jti: `once-${i}` } }))).toBe('verified')
    }
    expect(await send(token)).toBe('cached')
  })
})
