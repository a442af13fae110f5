import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { watchProcess } from '../../../test/support/watch-process.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { generateKey } from '../../../test/support/keys.ts'
import { bearer, requestWith } from '../../../test/support/requests.ts'
import { scriptedEndpoint } from '../../../test/support/scripted-endpoint.ts'
import {
  type BearwardEvent,
  ConfigurationError,
  createResourceServer,
  KeysUnavailableError,
  type Granted,
  getToken,
  type Outcome,
  type RequestLike,
  type Requirements,
  type ResourceServerOptions,
} from '../src/index.ts'
import { guardAt } from './support/guard-at.ts'
import { ACTIVE, closing, issuing, setup as introspecting } from './token/introspection/setup.ts'

const issuer = createTestIssuer()
const options = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks } as const
const processFaults = watchProcess()

function request(token?: string): RequestLike {
  return token === undefined ? { method: 'GET', url: '/', headers: {} } : requestWith(token)
}

describe('a resource server', () => {
  it('answers at once where the keys are at hand', () => {
    const outcome = createResourceServer(options).authorize(request(issuer.token()))
    expect(outcome).not.toBeInstanceOf(Promise)
    expect((outcome as Outcome).kind).toBe('granted')
  })

  it('verifies a request once: requests with the same raw are one', () => {
    const events: BearwardEvent[] = []
    const server = createResourceServer({ ...options, onEvent: (event) => events.push(event) })
    const raw = {}
    const token = issuer.token()
    const view = () => ({ ...request(token), raw })
    void server.authorize(view())
    void server.authorize(view(), { scope: 'read' })
    expect(events.map((event) => event.type)).toEqual(['verified'])
    void server.authorize({ ...view(), raw: {} })
    expect(events).toHaveLength(2)
  })

  it('leaves no trace on a request that anybody could read or write, and takes a frozen one', () => {
    const server = createResourceServer(options)
    const raw = Object.freeze({ ...request(issuer.token()) })
    expect(guardAt(server)(raw)).toMatchObject({ kind: 'granted' })
    expect(Reflect.ownKeys(raw)).toEqual(['method', 'url', 'headers'])
    expect(getToken(raw).clientId).toBe('reports-cron')
    for (const another of [{ ...raw }, Object.create(raw), new Proxy(raw, {})]) {
      expect(() => getToken(another as object)).toThrow(/no requireToken/)
    }
  })

  it('passes the raw of the request to onEvent, and undefined for an event about none', async () => {
    const heard: [string, object | undefined][] = []
    const server = createResourceServer({
      ...options,
      onEvent: ({ type }, about) => heard.push([type, about]),
    })
    const [good, bad] = [{ ...request(issuer.token()), raw: {} }, request('a.b.c')]
    void server.authorize(good)
    void server.authorize(bad)
    server.distrustKey({
      issuer: ISSUER,
      thumbprint: await calculateJwkThumbprint(issuer.jwks.keys[0]!),
    })
    expect(heard).toEqual([
      ['verified', good.raw],
      ['refused', bad],
      ['key_distrusted', undefined],
    ])
    expect(heard[0]?.[1]).toBe(good.raw)
    expect(heard[1]?.[1]).toBe(bad)
  })

  it('refuses a token that expires between two guards of one request', () => {
    const clock = fakeClock()
    const server = createResourceServer({ ...options, clock })
    const exp = clock.seconds() + 60
    const token = issuer.token({ claims: { exp, iat: clock.seconds() } })
    const view = { ...request(token), raw: {} }
    expect(server.authorize(view)).toMatchObject({ kind: 'granted' })
    clock.advance(64)
    expect(server.authorize(view)).toMatchObject({ kind: 'granted' })
    clock.advance(1)
    expect(server.authorize(view)).toMatchObject({ reason: 'expired' })
  })

  it('verifies a request once for each of several servers, and getToken throws after a refusal', () => {
    const types: string[] = []
    const onEvent = (event: BearwardEvent) => void types.push(event.type)
    const [one, other] = [
      createResourceServer({ ...options, onEvent }),
      createResourceServer({ ...options, onEvent }),
    ]
    const view = { ...request(issuer.token()), raw: {} }
    for (const server of [one, other, one, other]) void guardAt(server)(view)
    expect(types).toEqual(['verified', 'verified'])
    expect(getToken(view.raw).clientId).toBe('reports-cron')
    expect(guardAt(other)(view, { scope: 'admin' })).toMatchObject({ kind: 'refused' })
    expect(() => getToken(view.raw)).toThrow('requireToken')
  })

  it('does not keep a 503, for itself alone, however many of its guards have waited', async () => {
    const types: string[] = []
    const onEvent = (event: BearwardEvent) => void types.push(event.type)
    const other = createResourceServer({ ...options, onEvent })
    const down = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      fetch: () => Promise.reject(new Error('down')),
    })
    const view = { ...request(issuer.token()), raw: {} }
    void other.authorize(view)
    const refused = { reason: 'keys_unavailable' }
    const waiting = Array.from({ length: 3 }, async () => down.authorize(view))
    expect(await Promise.all(waiting)).toMatchObject([refused, refused, refused])
    expect(other.authorize(view)).toMatchObject({ kind: 'granted' })
    expect(types).toEqual(['verified'])
    down.close()
  })

  it('ignores a raw on Object.prototype', () => {
    const server = createResourceServer(options)
    Object.assign(Object.prototype, { raw: {} })
    try {
      expect(server.authorize(request(issuer.token()))).toMatchObject({ kind: 'granted' })
      expect(server.authorize(request('a.b.c'))).toMatchObject({ reason: 'malformed_token' })
    } finally {
      delete (Object.prototype as { raw?: object }).raw
    }
  })

  it('refuses a token of a distrusted key already when the event key_distrusted is published', async () => {
    const view = { ...request(issuer.token()), raw: {} }
    const thumbprint = await calculateJwkThumbprint(issuer.jwks.keys[0]!)
    const heard: unknown[] = []
    const server = createResourceServer({
      ...options,
      onEvent: ({ type }) => {
        if (type === 'key_distrusted') heard.push(server.authorize(view))
      },
    })
    expect(server.authorize(view)).toMatchObject({ kind: 'granted' })
    server.distrustKey({ issuer: ISSUER, thumbprint })
    expect(heard).toMatchObject([{ reason: 'unknown_key' }])
  })

  it('shares nothing between two instances', () => {
    const stranger = createResourceServer({ ...options, audience: 'https://other.example.com' })
    const view = { ...request(issuer.token()), raw: {} }
    expect(createResourceServer(options).authorize(view)).toMatchObject({ kind: 'granted' })
    expect(stranger.authorize(view)).toMatchObject({ reason: 'wrong_audience' })
  })

  it('takes each token to its own issuer and no other', () => {
    const other = createTestIssuer({ issuer: 'https://other.example.com' })
    const server = createResourceServer({
      issuers: [options, { issuer: other.issuer, audience: AUDIENCE, jwks: other.jwks }],
    })
    const judge = (token: string) => server.authorize(request(token))
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
      const outcome = await server.authorize(request(issuer.token({ claims: { iss } })))
      expect(outcome).toMatchObject({ status: 401, reason: 'unknown_issuer' })
    }
    expect(asked).toEqual([])
  })

  it('reads the clock for every request', () => {
    const clock = fakeClock()
    const minted = createTestIssuer({ now: clock.seconds })
    const server = createResourceServer({ ...options, jwks: minted.jwks, clock, clockTolerance: 0 })
    const token = minted.token()
    expect(server.authorize(request(token))).toMatchObject({ kind: 'granted' })
    clock.advance(299)
    expect(server.authorize(request(token))).toMatchObject({ kind: 'granted' })
    clock.advance(1)
    expect(server.authorize(request(token))).toMatchObject({ reason: 'expired' })
  })

  it('tells onEvent and the diagnostics channel which check failed, what was found, and what to change', () => {
    const events: unknown[] = []
    const published: unknown[] = []
    const listener = (message: unknown) => void published.push(message)
    subscribe('bearward', listener)
    const server = createResourceServer({ ...options, onEvent: (event) => events.push(event) })
    void server.authorize(
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
        found: '"https://elsewhere.example.com"',
        advice: expect.stringMatching(/^In the client: request a token for this API/) as string,
        clientId: 'reports-cron',
        guard: '{}',
        token: {
          isVerified: true,
          iss: ISSUER,
          aud: 'https://elsewhere.example.com',
          typ: 'at+jwt',
          alg: 'ES256',
          kid: 'ES256-key',
          scopes: ['read'],
        },
        duration: 0,
        requestId: undefined,
      },
    ])
    expect(published).toEqual(events)
  })

  it('goes on, and tells the others, if a subscriber of the channel throws or rejects', async () => {
    const heard: unknown[] = []
    const subscribers = [
      () => {
        throw new Error('a broken subscriber')
      },
      // Whatever its type says, an `async` function can be subscribed.
      (() => Promise.reject(new Error('a broken subscriber'))) as () => void,
      (event: unknown) => void heard.push(event),
    ]
    for (const subscriber of subscribers) subscribe('bearward', subscriber)
    try {
      const server = createResourceServer(options)
      expect(server.authorize(request())).toMatchObject({ kind: 'refused' })
    } finally {
      for (const subscriber of subscribers) unsubscribe('bearward', subscriber)
    }
    expect(heard).toMatchObject([{ type: 'refused' }])
    expect(await processFaults.faults()).toEqual([])
  })

  it('returns the same outcome if onEvent throws', () => {
    const onEvent = () => {
      throw new Error('a broken logger')
    }
    const server = createResourceServer({ ...options, onEvent })
    expect(server.authorize(request(issuer.token()))).toMatchObject({ kind: 'granted' })
    expect(server.authorize(request())).toMatchObject({ kind: 'refused' })
  })

  it('throws where check does not answer true or false', async () => {
    const server = createResourceServer(options)
    const asking = (check: () => unknown) =>
      server.authorize(request(issuer.token()), { check: check as () => boolean })
    expect(() => asking(() => 1)).toThrow('must return true or false')
    expect(asking(() => undefined)).toMatchObject({ status: 403, reason: 'check_failed' })
    await expect(asking(async () => 'yes')).rejects.toThrow(TypeError)
    expect(asking(() => false)).toMatchObject({ status: 403, reason: 'check_failed' })
    expect(await asking(async () => true)).toMatchObject({ kind: 'granted' })
  })

  it('answers 503 with Retry-After while the keys are unavailable, and rejects ready()', async () => {
    const fetch = async () => Promise.reject(new Error('no route'))
    const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, fetch })
    const outcome = await server.authorize(request(issuer.token()), { optional: true })
    expect(outcome).toMatchObject({
      status: 503,
      reason: 'keys_unavailable',
      headers: { 'Retry-After': expect.stringMatching(/^\d+$/), 'Cache-Control': 'no-store' },
    })
    expect(outcome).not.toHaveProperty('headers.WWW-Authenticate')
    await expect(server.ready()).rejects.toThrow(KeysUnavailableError)
    expect(server.status()).toEqual([
      { issuer: ISSUER, keys: { state: 'unavailable' }, closed: false },
    ])
  })

  it('is ready at once with configured keys', async () => {
    const server = createResourceServer(options)
    await server.ready()
    expect(server.status()).toEqual([{ issuer: ISSUER, keys: { state: 'static' }, closed: false }])
  })

  it('accepts tokens without audience from named clients where the operator has said so', () => {
    const server = createResourceServer({
      ...options,
      audience: null,
      allowedClients: ['app'],
      tokenUse: { claim: 'token_use', value: 'access' },
    })
    const judge = (claims: Record<string, unknown>) =>
      server.authorize(
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
    expect(judge({ aud: [] })).toMatchObject({ kind: 'granted', token: { audience: [] } })
    expect(judge({ aud: '' })).toMatchObject({ reason: 'wrong_audience' })
  })

  it('takes the scopes from the one claim that is configured', () => {
    const server = createResourceServer({ ...options, scopeClaim: 'scp', scopeFormat: 'array' })
    const judge = (claims: Record<string, unknown>) =>
      server.authorize(request(issuer.token({ claims })), { scope: 'write' })
    expect(judge({ scp: ['write'] })).toMatchObject({ kind: 'granted' })
    expect(judge({ scope: 'write' })).toMatchObject({ reason: 'insufficient_scope' })
    expect(judge({ scp: 'write' })).toMatchObject({ reason: 'invalid_claim' })
  })

  it('refuses an ID token though the claim with the scopes stands in it too', () => {
    const server = createResourceServer({ ...options, scopeClaim: 'roles', scopeFormat: 'array' })
    const idToken = { scope: undefined, client_id: undefined, roles: ['read'] }
    for (const more of [{}, { nonce: 'n' }]) {
      const token = issuer.token({ header: { typ: 'JWT' }, claims: { ...idToken, ...more } })
      expect(server.authorize(request(token), { scope: 'read' })).toMatchObject({
        reason: 'wrong_token_type',
      })
    }
    const accessToken = issuer.token({ header: { typ: 'JWT' }, claims: { roles: ['read'] } })
    expect(server.authorize(request(accessToken), { scope: 'read' })).toMatchObject({
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
      server.authorize(
        { ...request(), rawHeaders: token === false ? lines(count).slice(0, -2) : lines(count) },
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
    expect(pollute('aud', AUDIENCE, () => server.authorize(without('aud')))).toMatchObject({
      reason: 'wrong_audience',
    })
    expect(pollute('scope', 'admin', () => server.guard()(without('scope')))).toMatchObject({
      kind: 'granted',
      token: { scopes: [] },
    })
    expect(pollute('optional', true, () => server.authorize(request()))).toMatchObject({
      reason: 'no_credentials',
    })
  })

  it('verifies a token again after its key was distrusted', async () => {
    const server = createResourceServer(options)
    const view = { ...request(issuer.token()), raw: {} }
    expect(server.authorize(view)).toMatchObject({ kind: 'granted' })
    const thumbprint = await calculateJwkThumbprint(issuer.keys[0]!.jwk)
    server.distrustKey({ issuer: ISSUER, thumbprint })
    expect(server.authorize(view)).toMatchObject({ reason: 'unknown_key' })
  })

  it('cannot distrust a secret, and says so', () => {
    const server = createResourceServer({ ...good(), secret: new Uint8Array(32) })
    expect(() => server.distrustKey({ issuer: ISSUER, thumbprint: 'a'.repeat(43) })).toThrow(
      'public keys',
    )
  })
})

const good = () => ({ issuer: ISSUER, audience: AUDIENCE })

describe('server.distrustKey', () => {
  const thumbprint = 'A'.repeat(43)
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a thumbprint alone', thumbprint],
    ['an empty object', {}],
    ['no thumbprint', { issuer: ISSUER }],
    ['no issuer', { thumbprint }],
    ['an issuer that is not configured', { issuer: 'https://other.example.com', thumbprint }],
    ['an array with the issuer', { issuer: [ISSUER], thumbprint }],
    ['an array with a thumbprint', { issuer: ISSUER, thumbprint: [thumbprint] }],
    ['a String object', { issuer: ISSUER, thumbprint: new String(thumbprint) }],
    [
      'an object that converts to a thumbprint',
      { issuer: ISSUER, thumbprint: { toString: () => thumbprint } },
    ],
    ['bytes', { issuer: ISSUER, thumbprint: Buffer.from(thumbprint) }],
    ['42 characters', { issuer: ISSUER, thumbprint: 'A'.repeat(42) }],
    ['44 characters', { issuer: ISSUER, thumbprint: `${thumbprint}=` }],
    ['a line feed after the thumbprint', { issuer: ISSUER, thumbprint: `${thumbprint}\n` }],
    ['base64 that is not base64url', { issuer: ISSUER, thumbprint: '+'.repeat(43) }],
  ])('throws a ConfigurationError for %s, and publishes nothing', (_, key) => {
    const events: BearwardEvent[] = []
    const server = createResourceServer({ ...options, onEvent: (event) => events.push(event) })
    const distrust = () => server.distrustKey(key as { issuer: string; thumbprint: string })
    expect(distrust).toThrow(ConfigurationError)
    expect(distrust).toThrow(
      'Pass { issuer, thumbprint }: a configured issuer that has public keys, and a SHA-256',
    )
    expect(events).toEqual([])
  })

  it('throws a ConfigurationError without an argument', () => {
    const { distrustKey } = createResourceServer(options)
    expect(distrustKey as () => void).toThrow(ConfigurationError)
  })

  it('throws for an array with the thumbprint of a key, whose tokens are still granted', async () => {
    const server = createResourceServer(options)
    const view = { ...request(issuer.token()), raw: {} }
    expect(server.guard()(view)).toMatchObject({ kind: 'granted' })
    const ofKey = await calculateJwkThumbprint(issuer.jwks.keys[0]!)
    const key = { issuer: ISSUER, thumbprint: [ofKey] } as unknown
    expect(() => server.distrustKey(key as { issuer: string; thumbprint: string })).toThrow(
      ConfigurationError,
    )
    expect(server.guard()(view)).toMatchObject({ kind: 'granted' })
  })
})

describe('a guard that is called with something other than a request', () => {
  const guards = Object.entries<Requirements>({
    '{}': {},
    '{ optional: true }': { optional: true },
  })
  const values: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['a string', 'Bearer a'],
    ['an empty string', ''],
    ['a number', 5],
    ['true', true],
    ['a symbol', Symbol('request')],
    ['a function', () => request()],
  ]
  const TEXT = 'A guard takes a request: { method, url, headers }, or a web Request.'

  describe.each(guards)('requirements %s', (_name, requirements) => {
    const guard = createResourceServer(options).guard(requirements)

    it.each(values)('throws a TypeError that says what it takes: %s', (_, value) => {
      expect(() => guard(value as RequestLike)).toThrow(TypeError)
      expect(() => guard(value as RequestLike)).toThrow(TEXT)
    })

    // `createExchange` takes `undefined` for a token that did not come in a request.
    it('throws a TypeError that says what it takes: undefined', () => {
      expect(() => guard(undefined as unknown as RequestLike)).toThrow(TEXT)
    })

    it('throws a TypeError: undefined, without a request', () => {
      expect(() => guard(undefined as unknown as RequestLike)).toThrow(TypeError)
      expect(guard as unknown as () => void).toThrow(TypeError)
    })
  })
})

describe('an optional guard', () => {
  /** Passes the headers of a request, or other parts of it, as an adapter with a mistake would. */
  function pass(parts: object) {
    const events: BearwardEvent[] = []
    const server = createResourceServer({ ...options, onEvent: (event) => events.push(event) })
    const view = { method: 'GET', url: '/', headers: {}, ...parts } as RequestLike
    const outcome = server.guard({ optional: true })(view)
    return { outcome, view, events }
  }
  const BAD = 'Bearer a.b.c'

  it.each<[string, unknown]>([
    ['a number', 5],
    ['zero', 0],
    ['NaN', NaN],
    ['false', false],
    ['a symbol', Symbol(BAD)],
    ['a function', () => BAD],
    ['an object', {}],
    ['a String object', new String(BAD)],
    ['bytes', Buffer.from(BAD)],
    ['an array in an array', [[BAD]]],
    ['an array with null', [null]],
    ['an array with undefined', [undefined]],
    ['an empty string', ''],
  ])('refuses with 400, and is not anonymous, where Authorization is %s', (_, authorization) => {
    const { outcome, view, events } = pass({ headers: { authorization } })
    expect(outcome).toMatchObject({ status: 400, reason: 'malformed_credentials' })
    expect(events).toMatchObject([{ type: 'refused', reason: 'malformed_credentials' }])
    expect(() => getToken(view)).toThrow('no requireToken')
  })

  it.each<[string, unknown]>([
    ['a string', BAD],
    ['a number', 5],
    ['a function', () => BAD],
    ['an empty array', []],
    ['an array of names and values', ['authorization', BAD]],
    ['an array of pairs', [['authorization', BAD]]],
  ])('throws a TypeError, and is not anonymous, where headers is %s', (_, headers) => {
    expect(() => pass({ headers })).toThrow(TypeError)
    expect(() => pass({ headers })).toThrow('headers of a request must be an object by name')
  })

  it.each<[string, object]>([
    ['an object with an own function get', { get: () => BAD }],
    ['a web Headers', new Headers({ authorization: BAD })],
    ['an object by name, in any case', { aUTHORIZATION: BAD }],
  ])('refuses a malformed token, and is not anonymous, where headers is %s', (_, headers) => {
    expect(pass({ headers }).outcome).toMatchObject({ status: 401, reason: 'malformed_token' })
  })

  it.each<[string, object]>([
    ['get returns undefined', { get: () => undefined }],
    ['get returns null', { get: () => null }],
    ['Authorization is undefined', { authorization: undefined }],
  ])('returns anonymous where %s', (_, headers) => {
    const { outcome, view } = pass({ headers })
    expect(outcome).toMatchObject({ kind: 'anonymous' })
    expect(() => getToken(view)).toThrow('anonymous')
  })

  /** Returns `thrown` for a `TypeError`, which is as good as a refusal. */
  function kindOf(parts: object): string {
    try {
      return (pass(parts).outcome as Outcome).kind
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
      return 'thrown'
    }
  }

  it('is not anonymous where headers is a Map with a name in lower case', () => {
    expect(kindOf({ headers: new Map([['authorization', BAD]]) })).not.toBe('anonymous')
  })

  // A Map compares names with their case. In `rawHeaders`, only a flat list of strings is read.
  it.each<[string, object]>([
    ['headers is a Map with a name in upper case', { headers: new Map([['Authorization', BAD]]) }],
    ['rawHeaders is an array of pairs', { rawHeaders: [['Authorization', BAD]] }],
    ['rawHeaders is a string', { rawHeaders: `Authorization: ${BAD}` }],
    ['rawHeaders is a Map', { rawHeaders: new Map([['Authorization', BAD]]) }],
  ])('is not anonymous where %s', (_, parts) => {
    expect(kindOf(parts)).not.toBe('anonymous')
  })
})

describe('an outcome that is not awaited', () => {
  it('throws where it is read', async () => {
    const url = 'https://as.example.com/jwks'
    const { jwks } = issuer
    const remote = { issuer: issuer.issuer, audience: AUDIENCE, jwksUri: url }
    const fetch = async () => Response.json(jwks)
    const waiting = [
      createResourceServer({ ...remote, fetch }).authorize(request(issuer.token())),
      createResourceServer({ ...remote, fetch }).guard()(request(issuer.token())),
      createResourceServer({ ...remote, fetch }).verify(issuer.token()),
    ]
    for (const outcome of waiting) {
      expect(outcome).toBeInstanceOf(Promise)
      for (const member of ['kind', 'status', 'token', 'reason'] as const) {
        expect(() => (outcome as never)[member]).toThrow('write await')
      }
      expect((await outcome).kind).toBe('granted')
    }
  })
})

describe('server.verify', () => {
  /** A resource server, and every event with the listener's second argument. */
  function setup(more: Partial<ResourceServerOptions> = {}) {
    const heard: [event: BearwardEvent, ...rest: unknown[]][] = []
    const server = closing(
      createResourceServer({
        ...options,
        onEvent: (...given: [BearwardEvent, ...unknown[]]) => heard.push(given),
        ...more,
      } as ResourceServerOptions),
    )
    return { server, heard, events: () => heard.map(([event]) => event) }
  }

  it('returns granted with the token, at once, for a good token without a request', () => {
    const { server } = setup()
    const outcome = server.verify(issuer.token())
    expect(outcome).toMatchObject({
      kind: 'granted',
      token: { issuer: ISSUER, clientId: 'reports-cron', scopes: ['read'], verifiedBy: 'jwt' },
      headers: {},
    })
    expect(Object.isFrozen((outcome as Granted).token)).toBe(true)
  })

  it('works without the server as this', () => {
    const { verify } = setup().server
    expect(verify(issuer.token())).toMatchObject({ kind: 'granted' })
    expect(['a.b.c'].map(verify)).toMatchObject([{ reason: 'malformed_token' }])
  })

  it('uses the token cache of the guards', () => {
    const { server, events } = setup()
    const token = issuer.token()
    const cached = () =>
      events().flatMap((event) => (event.type === 'verified' ? [event.cached] : []))
    void server.verify(token)
    const stored = server.verify(token) as Granted
    expect((server.verify(token) as Granted).token).toBe(stored.token)
    expect(server.authorize(request(token))).toMatchObject({ token: stored.token })
    expect(cached()).toEqual([false, false, true, true])
    const other = issuer.token({ claims: { jti: 'other' } })
    for (let i = 0; i < 2; i++) void server.authorize(request(other))
    void server.verify(other)
    expect(cached().slice(4)).toEqual([false, false, true])
  })

  it('publishes the events of a guard, with undefined in the place of the request and of the guard', () => {
    const { server, heard, events } = setup()
    const tokens = [issuer.token(), issuer.token({ claims: { aud: 'another' } }), 'a.b.c', 'a b']
    for (const token of tokens) void server.authorize(request(token))
    const ofGuard = events()
    heard.length = 0
    for (const token of tokens) void server.verify(token)
    expect(ofGuard.map(({ type }) => type)).toEqual(['verified', ...Array(3).fill('refused')])
    expect(events()).toEqual(
      ofGuard.map((event) => (event.type === 'refused' ? { ...event, guard: undefined } : event)),
    )
    for (const [, about, ...rest] of heard) expect([about, rest]).toEqual([undefined, []])
  })

  const forged = generateKey('ES256', issuer.keys[0]!.kid)
  it.each<[string, () => unknown, number, string]>([
    ['a forged token', () => issuer.token({ key: forged }), 401, 'invalid_signature'],
    [
      'a token without signature',
      () => `${issuer.token().split('.', 2).join('.')}.`,
      401,
      'malformed_token',
    ],
    ['an expired token', () => issuer.token({ claims: { exp: 1 } }), 401, 'expired'],
    [
      'a token for another API',
      () => issuer.token({ claims: { aud: 'b' } }),
      401,
      'wrong_audience',
    ],
    [
      'a token of another issuer',
      () => issuer.token({ claims: { iss: 'b' } }),
      401,
      'unknown_issuer',
    ],
    ['an ID token', () => issuer.token({ claims: { at_hash: 'x' } }), 401, 'wrong_token_type'],
    [
      'a token bound to a key',
      () => issuer.token({ claims: { cnf: { jkt: 'x' } } }),
      401,
      'unsupported_binding',
    ],
    ['a token that is too long', () => 'a'.repeat(16_385), 401, 'token_too_long'],
    ['a token with a space in it', () => 'a b', 400, 'malformed_credentials'],
    ['a token after a space', () => ` ${issuer.token()}`, 400, 'malformed_credentials'],
    ['a token before a space', () => `${issuer.token()} `, 400, 'malformed_credentials'],
    ['a token before a line feed', () => `${issuer.token()}\n`, 400, 'malformed_credentials'],
    [
      'a token after its scheme',
      () => bearer(issuer.token()).headers.authorization,
      400,
      'malformed_credentials',
    ],
    [
      'a token after a scheme in lower case',
      () => `bearer ${issuer.token()}`,
      400,
      'malformed_credentials',
    ],
    [
      'two tokens with a comma',
      () => `${issuer.token()},${issuer.token()}`,
      400,
      'multiple_credentials',
    ],
    ['a token before a comma', () => `${issuer.token()},`, 400, 'multiple_credentials'],
    ['too long a text with a comma', () => `${'a'.repeat(16_384)},`, 400, 'multiple_credentials'],
    ['an empty string', () => '', 400, 'malformed_credentials'],
    ['a number', () => 7, 400, 'malformed_credentials'],
    ['NaN', () => NaN, 400, 'malformed_credentials'],
    ['undefined', () => undefined, 400, 'malformed_credentials'],
    ['null', () => null, 400, 'malformed_credentials'],
    ['true', () => true, 400, 'malformed_credentials'],
    ['an object', () => ({}), 400, 'malformed_credentials'],
    [
      'an object that converts to a token',
      () => ({ toString: () => issuer.token() }),
      400,
      'malformed_credentials',
    ],
    ['a String object', () => new String(issuer.token()), 400, 'malformed_credentials'],
    ['an array with a token', () => [issuer.token()], 400, 'malformed_credentials'],
    ['bytes', () => Buffer.from(issuer.token()), 400, 'malformed_credentials'],
    ['a function', () => () => issuer.token(), 400, 'malformed_credentials'],
    ['a symbol', () => Symbol('token'), 400, 'malformed_credentials'],
    ['a request', () => request(issuer.token()), 400, 'malformed_credentials'],
  ])('refuses %s', (_, make, status, reason) => {
    const { server, events } = setup()
    const value = make() as string
    for (let i = 1; i <= 3; i++) {
      const outcome = server.verify(value)
      expect(outcome).toMatchObject({
        kind: 'refused',
        status,
        reason,
        headers: { 'WWW-Authenticate': expect.stringMatching(/^Bearer realm="api", error="/) },
      })
      expect(events().filter(({ type }) => type === 'refused')).toHaveLength(i)
    }
    expect(events().at(-1)).toMatchObject({ type: 'refused', status, reason })
  })

  it('says that a token has its scheme in front', () => {
    const { server, events } = setup()
    for (const scheme of ['Bearer', 'bearer', 'DPoP']) {
      const outcome = server.verify(`${scheme} ${issuer.token()}`)
      expect(outcome).toMatchObject({ status: 400, reason: 'malformed_credentials' })
      expect(events().at(-1)).toMatchObject({
        check: 'token',
        expected: 'the token without a scheme',
        found: 'a scheme',
      })
    }
  })

  it('refuses a token of another type with what was found, and nothing of its value', () => {
    const { server, events } = setup()
    const values: unknown[] = [7, undefined, null, { s3cret: 's3cret' }, ['s3cret'], true]
    for (const value of values) void server.verify(value as string)
    expect(events()).toMatchObject(
      ['a number', 'nothing', 'null', 'an object', 'an array', 'a boolean'].map((found) => ({
        type: 'refused',
        issuer: undefined,
        expected: 'a string',
        found,
      })),
    )
    expect(JSON.stringify(events())).not.toContain('s3cret')
  })

  it('returns 503 with Retry-After while the keys are unavailable, and granted once they are there', async () => {
    const clock = fakeClock()
    const minted = createTestIssuer({ now: clock.seconds })
    const endpoint = scriptedEndpoint('refuse')
    const more = { jwks: undefined, clock, fetch: endpoint.fetch } as never
    const { server, events } = setup(more)
    expect(await server.verify(minted.token())).toMatchObject({
      kind: 'refused',
      status: 503,
      reason: 'keys_unavailable',
      headers: { 'Retry-After': expect.stringMatching(/^\d+$/) },
    })
    expect(events().at(-1)).toMatchObject({ type: 'refused', reason: 'keys_unavailable' })
    endpoint.behave(minted.jwks)
    await clock.pass(3)
    expect(server.verify(minted.token())).toMatchObject({ kind: 'granted' })
  })

  it('waits for the keys, and shares the fetch with guards', async () => {
    const clock = fakeClock()
    const minted = createTestIssuer({ now: clock.seconds })
    const endpoint = scriptedEndpoint(minted.jwks)
    const { server } = setup({ jwks: undefined, clock, fetch: endpoint.fetch } as never)
    const waiting = server.verify(minted.token())
    const outcomes = [
      await server.authorize(request(minted.token())),
      await server.verify(minted.token({ claims: { exp: 1 } })),
      await waiting,
    ]
    expect(waiting).toBeInstanceOf(Promise)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['granted', 'refused', 'granted'])
    expect(endpoint.asked()).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })

  it('checks the times at every call, also of a cached token', () => {
    const clock = fakeClock()
    const minted = createTestIssuer({ now: clock.seconds })
    const { server } = setup({ jwks: minted.jwks, clock, clockTolerance: 0 })
    const token = minted.token()
    for (let i = 0; i < 3; i++) expect(server.verify(token)).toMatchObject({ kind: 'granted' })
    clock.advance(300)
    expect(server.verify(token)).toMatchObject({ reason: 'expired' })
  })

  it('refuses a cached token whose key is distrusted', async () => {
    const { server } = setup()
    const token = issuer.token()
    for (let i = 0; i < 3; i++) expect(server.verify(token)).toMatchObject({ kind: 'granted' })
    const thumbprint = await calculateJwkThumbprint(issuer.jwks.keys[0]!)
    server.distrustKey({ issuer: ISSUER, thumbprint })
    expect(server.verify(token)).toMatchObject({ reason: 'unknown_key' })
  })

  it('does not ask the issuer about a JWT', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    endpoint.answer({ active: false })
    for (let i = 0; i < 3; i++) {
      expect(server.verify(token())).toMatchObject({
        kind: 'granted',
        token: { verifiedBy: 'jwt' },
      })
    }
    expect(await server.verify('opaque')).toMatchObject({ reason: 'malformed_token' })
    expect(endpoint.asked).toEqual([])
  })

  it('asks the issuer about an opaque token, and uses the cached answer', async () => {
    const { clock, endpoint, server } = await introspecting(ACTIVE)
    const granted = { kind: 'granted', token: { verifiedBy: 'introspection' } }
    expect(await server.verify('opaque')).toMatchObject(granted)
    expect(await server.verify('opaque')).toMatchObject(granted)
    expect(await server.authorize(request('opaque'))).toMatchObject(granted)
    expect(endpoint.asked).toHaveLength(1)
    endpoint.answer({ active: false })
    clock.advance(10)
    expect(await server.verify('opaque')).toMatchObject({ status: 401, reason: 'inactive' })
    endpoint.answer(503)
    expect(await server.verify('another')).toMatchObject({
      status: 503,
      reason: 'introspection_unavailable',
    })
    for (const value of ['a b', 'a,b', '']) {
      expect(await server.verify(value)).toMatchObject({ status: 400 })
    }
    expect(endpoint.asked.map(({ form }) => form.get('token'))).toEqual([
      'opaque',
      'opaque',
      'another',
    ])
  })

  it('checks no scope, subject or client', () => {
    const { server } = setup()
    const claims = { scope: undefined, sub: 'unknown', client_id: 'anybody' }
    expect(server.verify(issuer.token({ claims }))).toMatchObject({
      kind: 'granted',
      token: { scopes: [], clientId: 'anybody', subject: { kind: 'unknown' } },
    })
  })

  it('calls errorBody for a refusal, and throws what it throws', () => {
    const own = { errorBody: () => ({ body: 'no' }) }
    expect(setup(own).server.verify('a.b.c')).toMatchObject({ status: 401, body: 'no' })
    const errorBody = () => {
      throw new RangeError('oops')
    }
    expect(() => setup({ errorBody }).server.verify('a.b.c')).toThrow(RangeError)
  })
})
