import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { requestWith } from '../../../test/support/requests.ts'
import {
  type BearwardEvent,
  createResourceServer,
  KeysUnavailableError,
  type Outcome,
  type RequestView,
  tokenOf,
} from '../src/index.ts'

const issuer = createTestIssuer()
const options = { issuer: ISSUER, audience: AUDIENCE, keys: issuer.jwks } as const

function request(token?: string): RequestView {
  return token === undefined ? { method: 'GET', url: '/', headers: {} } : requestWith(token)
}

describe('a resource server', () => {
  it('answers at once where the keys are at hand', () => {
    const outcome = createResourceServer(options).authenticate(request(issuer.token()))
    expect(outcome).not.toBeInstanceOf(Promise)
    expect((outcome as Outcome).kind).toBe('granted')
  })

  it('verifies one request once, told apart by its source', () => {
    const events: BearwardEvent[] = []
    const server = createResourceServer({ ...options, onEvent: (event) => events.push(event) })
    const source = {}
    const view = () => ({ ...request(issuer.token()), source })
    void server.authenticate(view())
    void server.authenticate(view(), { scope: 'read' })
    expect(events.map((event) => event.type)).toEqual(['verified'])
    void server.authenticate({ ...view(), source: {} })
    expect(events).toHaveLength(2)
  })

  it('leaves no trace on a request that anybody could read or write, and takes a frozen one', () => {
    const server = createResourceServer(options)
    const source = Object.freeze({ ...request(issuer.token()) })
    expect(server.authenticate(source)).toMatchObject({ kind: 'granted' })
    expect(Reflect.ownKeys(source)).toEqual(['method', 'url', 'headers'])
    expect(tokenOf(source).clientId).toBe('reports-cron')
    for (const another of [{ ...source }, Object.create(source), new Proxy(source, {})]) {
      expect(() => tokenOf(another as object)).toThrow(/no requireToken/)
    }
  })

  it('tells with an event which request it is about, where it is about one', async () => {
    const heard: [string, object | undefined][] = []
    const server = createResourceServer({
      ...options,
      onEvent: ({ type }, about) => heard.push([type, about]),
    })
    const [good, bad] = [{ ...request(issuer.token()), source: {} }, request('a.b.c')]
    void server.authenticate(good)
    void server.authenticate(bad)
    server.distrust({
      issuer: ISSUER,
      thumbprint: await calculateJwkThumbprint(issuer.jwks.keys[0]!),
    })
    expect(heard).toEqual([
      ['verified', good.source],
      ['refused', bad],
      ['key_distrusted', undefined],
    ])
    expect(heard[0]?.[1]).toBe(good.source)
    expect(heard[1]?.[1]).toBe(bad)
  })

  it('refuses a token that expires between two guards of one request', () => {
    const clock = fakeClock()
    const server = createResourceServer({ ...options, clock })
    const exp = clock.seconds() + 60
    const token = issuer.token({ claims: { exp, iat: clock.seconds() } })
    const view = { ...request(token), source: {} }
    expect(server.authenticate(view)).toMatchObject({ kind: 'granted' })
    clock.advance(64)
    expect(server.authenticate(view)).toMatchObject({ kind: 'granted' })
    clock.advance(1)
    expect(server.authenticate(view)).toMatchObject({ reason: 'expired' })
  })

  it('keeps what each of several servers knows about one request, and the last grant', () => {
    const types: string[] = []
    const onEvent = (event: BearwardEvent) => void types.push(event.type)
    const [one, other] = [
      createResourceServer({ ...options, onEvent }),
      createResourceServer({ ...options, onEvent }),
    ]
    const view = { ...request(issuer.token()), source: {} }
    for (const server of [one, other, one, other]) void server.authenticate(view)
    expect(types).toEqual(['verified', 'verified'])
    expect(other.authenticate(view, { scope: 'admin' })).toMatchObject({ kind: 'refused' })
    expect(tokenOf(view.source).clientId).toBe('reports-cron')
  })

  it('forgets an outage for itself alone, however many of its guards have waited', async () => {
    const types: string[] = []
    const onEvent = (event: BearwardEvent) => void types.push(event.type)
    const other = createResourceServer({ ...options, onEvent })
    const down = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      fetch: () => Promise.reject(new Error('down')),
    })
    const view = { ...request(issuer.token()), source: {} }
    void other.authenticate(view)
    const refused = { reason: 'keys_unavailable' }
    const waiting = Array.from({ length: 3 }, async () => down.authenticate(view))
    expect(await Promise.all(waiting)).toMatchObject([refused, refused, refused])
    expect(other.authenticate(view)).toMatchObject({ kind: 'granted' })
    expect(types).toEqual(['verified'])
    down.close()
  })

  it('takes nothing that all objects have for the source of a request', () => {
    const server = createResourceServer(options)
    Object.assign(Object.prototype, { source: {} })
    try {
      expect(server.authenticate(request(issuer.token()))).toMatchObject({ kind: 'granted' })
      expect(server.authenticate(request('a.b.c'))).toMatchObject({ reason: 'malformed_token' })
    } finally {
      delete (Object.prototype as { source?: object }).source
    }
  })

  it('has forgotten what a distrusted key has signed before anybody is told', async () => {
    const view = { ...request(issuer.token()), source: {} }
    const thumbprint = await calculateJwkThumbprint(issuer.jwks.keys[0]!)
    const heard: unknown[] = []
    const server = createResourceServer({
      ...options,
      onEvent: ({ type }) => {
        if (type === 'key_distrusted') heard.push(server.authenticate(view))
      },
    })
    expect(server.authenticate(view)).toMatchObject({ kind: 'granted' })
    server.distrust({ issuer: ISSUER, thumbprint })
    expect(heard).toMatchObject([{ reason: 'unknown_key' }])
  })

  it('shares nothing between two instances', () => {
    const stranger = createResourceServer({ ...options, audience: 'https://other.example.com' })
    const view = { ...request(issuer.token()), source: {} }
    expect(createResourceServer(options).authenticate(view)).toMatchObject({ kind: 'granted' })
    expect(stranger.authenticate(view)).toMatchObject({ reason: 'wrong_audience' })
  })

  it('takes each token to its own issuer and no other', () => {
    const other = createTestIssuer({ issuer: 'https://other.example.com' })
    const server = createResourceServer({
      issuers: [options, { issuer: other.issuer, audience: AUDIENCE, keys: other.jwks }],
    })
    const judge = (token: string) => server.authenticate(request(token))
    expect(judge(issuer.token())).toMatchObject({ kind: 'granted', token: { issuer: ISSUER } })
    expect(judge(other.token())).toMatchObject({ kind: 'granted', token: { issuer: other.issuer } })
    const key = other.keys[0]!
    expect(judge(issuer.token({ key }))).toMatchObject({ reason: 'invalid_signature' })
    expect(judge(issuer.token({ claims: { iss: 'https://as.example.co' } }))).toMatchObject({
      reason: 'unknown_issuer',
    })
  })

  it('fetches nothing for an unknown issuer, whatever the token says', async () => {
    const asked: string[] = []
    const fetch = async (url: string) => {
      asked.push(url)
      return Response.json({})
    }
    const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, fetch })
    for (const iss of ['https://evil.example.com', `${ISSUER}/`, [ISSUER], undefined]) {
      const outcome = await server.authenticate(request(issuer.token({ claims: { iss } })))
      expect(outcome).toMatchObject({ status: 401, reason: 'unknown_issuer' })
    }
    expect(asked).toEqual([])
  })

  it('reads the clock when it judges', () => {
    const clock = fakeClock()
    const minted = createTestIssuer({ now: clock.seconds })
    const server = createResourceServer({ ...options, keys: minted.jwks, clock, clockTolerance: 0 })
    const token = minted.token()
    expect(server.authenticate(request(token))).toMatchObject({ kind: 'granted' })
    clock.advance(299)
    expect(server.authenticate(request(token))).toMatchObject({ kind: 'granted' })
    clock.advance(1)
    expect(server.authenticate(request(token))).toMatchObject({ reason: 'expired' })
  })

  it('says to onEvent and to the diagnostics channel which check failed, and nothing of the token', () => {
    const events: unknown[] = []
    const published: unknown[] = []
    const listener = (message: unknown) => void published.push(message)
    subscribe('bearward', listener)
    const server = createResourceServer({ ...options, onEvent: (event) => events.push(event) })
    void server.authenticate(
      request(issuer.token({ claims: { aud: 'https://elsewhere.example.com' } })),
    )
    unsubscribe('bearward', listener)

    expect(events).toEqual([
      {
        type: 'refused',
        reason: 'wrong_audience',
        status: 401,
        issuer: ISSUER,
        check: 'aud',
        expected: AUDIENCE,
        found: 'other audiences',
      },
    ])
    expect(published).toEqual(events)
  })

  it('keeps its verdict where onEvent throws', () => {
    const onEvent = () => {
      throw new Error('a broken logger')
    }
    const server = createResourceServer({ ...options, onEvent })
    expect(server.authenticate(request(issuer.token()))).toMatchObject({ kind: 'granted' })
    expect(server.authenticate(request())).toMatchObject({ kind: 'refused' })
  })

  it('throws where check does not answer true or false', async () => {
    const server = createResourceServer(options)
    const asking = (check: () => unknown) =>
      server.authenticate(request(issuer.token()), { check: check as () => boolean })
    expect(() => asking(() => 1)).toThrow('must return true or false')
    expect(() => asking(() => undefined)).toThrow(TypeError)
    await expect(asking(async () => 'yes')).rejects.toThrow(TypeError)
    expect(asking(() => false)).toMatchObject({ status: 403, reason: 'check_failed' })
    expect(await asking(async () => true)).toMatchObject({ kind: 'granted' })
  })

  it('answers 503 with Retry-After while the keys cannot be had, and rejects ready()', async () => {
    const fetch = async () => Promise.reject(new Error('no route'))
    const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, fetch })
    const outcome = await server.authenticate(request(issuer.token()), { optional: true })
    expect(outcome).toMatchObject({
      status: 503,
      reason: 'keys_unavailable',
      headers: { 'Retry-After': expect.stringMatching(/^\d+$/), 'Cache-Control': 'no-store' },
    })
    expect(outcome).not.toHaveProperty('headers.WWW-Authenticate')
    await expect(server.ready()).rejects.toThrow(KeysUnavailableError)
    expect(server.status()).toEqual([{ issuer: ISSUER, keys: { state: 'unavailable' } }])
  })

  it('is ready at once with configured keys', async () => {
    const server = createResourceServer(options)
    await server.ready()
    expect(server.status()).toEqual([{ issuer: ISSUER, keys: { state: 'static' } }])
  })

  it('accepts tokens without audience from named clients where the operator has said so', () => {
    const server = createResourceServer({
      ...options,
      audience: null,
      allowedClients: ['app'],
      tokenKindClaim: { name: 'token_use', value: 'access' },
    })
    const judge = (claims: Record<string, unknown>) =>
      server.authenticate(
        request(
          issuer.token({
            claims: { aud: undefined, client_id: 'app', token_use: 'access', ...claims },
          }),
        ),
      )
    expect(judge({})).toMatchObject({ kind: 'granted', token: { audience: [] } })
    expect(judge({ client_id: 'another' })).toMatchObject({ reason: 'untrusted_client' })
    expect(judge({ client_id: undefined })).toMatchObject({ reason: 'untrusted_client' })
    expect(judge({ token_use: 'id' })).toMatchObject({ reason: 'wrong_token_type' })
    expect(judge({ token_use: undefined })).toMatchObject({ reason: 'wrong_token_type' })
    expect(judge({ aud: AUDIENCE })).toMatchObject({ reason: 'wrong_audience' })
  })

  it('takes the scopes from the one claim that is configured', () => {
    const server = createResourceServer({ ...options, scopeClaim: 'scp', scopeFormat: 'array' })
    const judge = (claims: Record<string, unknown>) =>
      server.authenticate(request(issuer.token({ claims })), { scope: 'write' })
    expect(judge({ scp: ['write'] })).toMatchObject({ kind: 'granted' })
    expect(judge({ scope: 'write' })).toMatchObject({ reason: 'insufficient_scope' })
    expect(judge({ scp: 'write' })).toMatchObject({ reason: 'invalid_claim' })
  })

  it('refuses an ID token though the claim with the scopes stands in it too', () => {
    const server = createResourceServer({ ...options, scopeClaim: 'roles', scopeFormat: 'array' })
    const idToken = { scope: undefined, client_id: undefined, roles: ['read'] }
    for (const more of [{}, { nonce: 'n' }]) {
      const token = issuer.token({ header: { typ: 'JWT' }, claims: { ...idToken, ...more } })
      expect(server.authenticate(request(token), { scope: 'read' })).toMatchObject({
        reason: 'wrong_token_type',
      })
    }
    const accessToken = issuer.token({ header: { typ: 'JWT' }, claims: { roles: ['read'] } })
    expect(server.authenticate(request(accessToken), { scope: 'read' })).toMatchObject({
      kind: 'granted',
    })
  })

  it('refuses a request of so many header lines that some may have been dropped', () => {
    const server = createResourceServer(options)
    const lines = (count: number) => [
      ...Array.from({ length: count - 1 }, () => ['x', 'y']).flat(),
      'Authorization',
      `Bearer ${issuer.token()}`,
    ]
    const judge = (count: number, token?: false) =>
      server.authenticate(
        { ...request(), headerLines: token === false ? lines(count).slice(0, -2) : lines(count) },
        { optional: true },
      )
    expect(judge(999)).toMatchObject({ kind: 'granted' })
    expect(judge(1000)).toMatchObject({ status: 400, reason: 'malformed_credentials' })
    expect(judge(1001, false)).toMatchObject({ status: 400, reason: 'malformed_credentials' })
  })

  it('sees no claim, requirement or option that stands on the prototype of all objects', () => {
    const server = createResourceServer(options)
    const everything = Object.getPrototypeOf({}) as Record<string, unknown>
    const pollute = (name: string, value: unknown, judge: () => unknown) => {
      Object.defineProperty(everything, name, { value, configurable: true, enumerable: true })
      try {
        return judge()
      } finally {
        delete everything[name]
      }
    }
    const without = (name: string) => request(issuer.token({ claims: { [name]: undefined } }))
    expect(pollute('aud', AUDIENCE, () => server.authenticate(without('aud')))).toMatchObject({
      reason: 'wrong_audience',
    })
    expect(pollute('scope', 'admin', () => server.guard()(without('scope')))).toMatchObject({
      kind: 'granted',
      token: { scopes: [] },
    })
    expect(pollute('optional', true, () => server.authenticate(request()))).toMatchObject({
      reason: 'no_credentials',
    })
  })

  it('judges again what it has judged, once a key is distrusted', async () => {
    const server = createResourceServer(options)
    const view = { ...request(issuer.token()), source: {} }
    expect(server.authenticate(view)).toMatchObject({ kind: 'granted' })
    const thumbprint = await calculateJwkThumbprint(issuer.keys[0]!.jwk)
    server.distrust({ issuer: ISSUER, thumbprint })
    expect(server.authenticate(view)).toMatchObject({ reason: 'unknown_key' })
  })

  it('cannot distrust a secret, and says so', () => {
    const server = createResourceServer({ ...good(), secret: new Uint8Array(32) })
    expect(() => server.distrust({ issuer: ISSUER, thumbprint: 'a'.repeat(43) })).toThrow(
      'public keys',
    )
  })
})

const good = () => ({ issuer: ISSUER, audience: AUDIENCE })
