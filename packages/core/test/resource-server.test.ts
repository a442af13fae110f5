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
import { createGuardCaller } from './support/create-guard-caller.ts'
import {
  ACTIVE,
  closing,
  issuing,
  setup as introspecting,
  thumbprintOfKey,
} from './token/introspection/setup.ts'

const issuer = createTestIssuer()
const options = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks } as const
const processFaults = watchProcess()

function request(token?: string): RequestLike {
  return token === undefined ? { method: 'GET', url: '/', headers: {} } : requestWith(token)
}

describe('a resource server', () => {
  it('authorize() returns the outcome without a promise if the keys are loaded', () => {
    const outcome = createResourceServer(options).authorize(request(issuer.token()))
    expect(outcome).not.toBeInstanceOf(Promise)
    expect((outcome as Outcome).kind).toBe('granted')
  })

  it('authorize() verifies a token once for all requests whose member raw is the same object, and again for a request whose raw is another object', () => {
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

  it('a guard adds no readable property to a request, accepts a frozen request, and getToken throws for a copy of the request', () => {
    const server = createResourceServer(options)
    const raw = Object.freeze({ ...request(issuer.token()) })
    expect(createGuardCaller(server)(raw)).toMatchObject({ kind: 'granted' })
    expect(Reflect.ownKeys(raw)).toEqual(['method', 'url', 'headers'])
    expect(getToken(raw).clientId).toBe('reports-cron')
    for (const another of [{ ...raw }, Object.create(raw), new Proxy(raw, {})]) {
      expect(() => getToken(another as object)).toThrow('before a guard granted')
    }
  })

  it('onEvent gets the member raw of a request, or the request if raw is missing, and undefined for an event without a request', async () => {
    const received: [string, object | undefined][] = []
    const server = createResourceServer({
      ...options,
      onEvent: ({ type }, raw) => received.push([type, raw]),
    })
    const [good, bad] = [{ ...request(issuer.token()), raw: {} }, request('a.b.c')]
    void server.authorize(good)
    void server.authorize(bad)
    server.distrustKey({
      issuer: ISSUER,
      thumbprint: await calculateJwkThumbprint(issuer.jwks.keys[0]!),
    })
    expect(received).toEqual([
      ['verified', good.raw],
      ['refused', bad],
      ['key_distrusted', undefined],
    ])
    expect(received[0]?.[1]).toBe(good.raw)
    expect(received[1]?.[1]).toBe(bad)
  })

  it('authorize() refuses a token that expires between two calls for one request', () => {
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

  it('two resource servers each verify a request once, and getToken throws if one refuses', () => {
    const types: string[] = []
    const onEvent = (event: BearwardEvent) => void types.push(event.type)
    const [one, other] = [
      createResourceServer({ ...options, onEvent }),
      createResourceServer({ ...options, onEvent }),
    ]
    const view = { ...request(issuer.token()), raw: {} }
    for (const server of [one, other, one, other]) void createGuardCaller(server)(view)
    expect(types).toEqual(['verified', 'verified'])
    expect(getToken(view.raw).clientId).toBe('reports-cron')
    expect(createGuardCaller(other)(view, { scope: 'admin' })).toMatchObject({ kind: 'refused' })
    expect(() => getToken(view.raw)).toThrow('requireToken')
  })

  it('a 503 of one resource server does not discard the result of another resource server for the same request', async () => {
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

  it('authorize() ignores a member raw of Object.prototype', () => {
    const server = createResourceServer(options)
    Object.assign(Object.prototype, { raw: {} })
    try {
      expect(server.authorize(request(issuer.token()))).toMatchObject({ kind: 'granted' })
      expect(server.authorize(request('a.b.c'))).toMatchObject({ reason: 'malformed_token' })
    } finally {
      delete (Object.prototype as { raw?: object }).raw
    }
  })

  it('authorize() already refuses tokens of a distrusted key when onEvent gets key_distrusted', async () => {
    const view = { ...request(issuer.token()), raw: {} }
    const thumbprint = await calculateJwkThumbprint(issuer.jwks.keys[0]!)
    const outcomes: unknown[] = []
    const server = createResourceServer({
      ...options,
      onEvent: ({ type }) => {
        if (type === 'key_distrusted') outcomes.push(server.authorize(view))
      },
    })
    expect(server.authorize(view)).toMatchObject({ kind: 'granted' })
    server.distrustKey({ issuer: ISSUER, thumbprint })
    expect(outcomes).toMatchObject([{ reason: 'unknown_key' }])
  })

  it('two resource servers with different options share no result of a request', () => {
    const other = createResourceServer({ ...options, audience: 'https://other.example.com' })
    const view = { ...request(issuer.token()), raw: {} }
    expect(createResourceServer(options).authorize(view)).toMatchObject({ kind: 'granted' })
    expect(other.authorize(view)).toMatchObject({ reason: 'wrong_audience' })
  })

  it('authorize() verifies each token with the keys of its own issuer', () => {
    const other = createTestIssuer({ issuer: 'https://other.example.com' })
    const server = createResourceServer({
      issuers: [options, { issuer: other.issuer, audience: AUDIENCE, jwks: other.jwks }],
    })
    const decide = (token: string) => server.authorize(request(token))
    expect(decide(issuer.token())).toMatchObject({ kind: 'granted', token: { issuer: ISSUER } })
    expect(decide(other.token())).toMatchObject({
      kind: 'granted',
      token: { issuer: other.issuer },
    })
    const key = other.keys[0]!
    expect(decide(issuer.token({ key }))).toMatchObject({ reason: 'invalid_signature' })
    expect(decide(issuer.token({ claims: { iss: 'https://as.example.co' } }))).toMatchObject({
      reason: 'unknown_issuer',
    })
  })

  it('authorize() makes no fetch for a token of an unknown issuer', async () => {
    const fetched: string[] = []
    const fetch = async (url: string) => {
      fetched.push(url)
      return Response.json({})
    }
    const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, fetch })
    for (const iss of ['https://evil.example.com', `${ISSUER}/`, [ISSUER], undefined]) {
      const outcome = await server.authorize(request(issuer.token({ claims: { iss } })))
      expect(outcome).toMatchObject({ status: 401, reason: 'unknown_issuer' })
    }
    expect(fetched).toEqual([])
  })

  it('authorize() reads the clock for every request', () => {
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

  it('authorize() publishes a refusal to onEvent and to the diagnostics channel, with the failed check and with advice', () => {
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

  it('authorize() ignores a subscriber of the diagnostics channel that throws or rejects', async () => {
    const received: unknown[] = []
    const subscribers = [
      () => {
        throw new Error('a broken subscriber')
      },
      // The type does not allow an `async` function, but `subscribe` accepts one.
      (() => Promise.reject(new Error('a broken subscriber'))) as () => void,
      (event: unknown) => void received.push(event),
    ]
    for (const subscriber of subscribers) subscribe('bearward', subscriber)
    try {
      const server = createResourceServer(options)
      expect(server.authorize(request())).toMatchObject({ kind: 'refused' })
    } finally {
      for (const subscriber of subscribers) unsubscribe('bearward', subscriber)
    }
    expect(received).toMatchObject([{ type: 'refused' }])
    expect(await processFaults.faults()).toEqual([])
  })

  it('authorize() returns the same outcome if onEvent throws', () => {
    const onEvent = () => {
      throw new Error('a broken logger')
    }
    const server = createResourceServer({ ...options, onEvent })
    expect(server.authorize(request(issuer.token()))).toMatchObject({ kind: 'granted' })
    expect(server.authorize(request())).toMatchObject({ kind: 'refused' })
  })

  it('authorize() throws if check returns a number or a string, and refuses if it returns undefined', async () => {
    const server = createResourceServer(options)
    const authorizeWith = (check: () => unknown) =>
      server.authorize(request(issuer.token()), { check: check as () => boolean })
    expect(() => authorizeWith(() => 1)).toThrow('must return true or false')
    expect(authorizeWith(() => undefined)).toMatchObject({ status: 403, reason: 'check_failed' })
    await expect(authorizeWith(async () => 'yes')).rejects.toThrow(TypeError)
    expect(authorizeWith(() => false)).toMatchObject({ status: 403, reason: 'check_failed' })
    expect(await authorizeWith(async () => true)).toMatchObject({ kind: 'granted' })
  })

  it('authorize() returns 503 with Retry-After, and ready() rejects, while the keys are unavailable', async () => {
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
    expect(server.status().issuers).toEqual([
      { issuer: ISSUER, keys: { state: 'unavailable' }, closed: false },
    ])
  })

  it('ready() resolves if the keys come from the option jwks, and status() returns the state static', async () => {
    const server = createResourceServer(options)
    await server.ready()
    expect(server.status().issuers).toEqual([
      { issuer: ISSUER, keys: { state: 'static' }, closed: false },
    ])
  })

  it('authorize() with audience: null accepts only tokens that have no audience, have the configured tokenUse and are of allowed clients', () => {
    const server = createResourceServer({
      ...options,
      audience: null,
      allowedClients: ['app'],
      tokenUse: { claim: 'token_use', value: 'access' },
    })
    const decide = (claims: Record<string, unknown>) =>
      server.authorize(
        request(
          issuer.token({
            claims: { aud: undefined, client_id: 'app', token_use: 'access', ...claims },
          }),
        ),
      )
    expect(decide({})).toMatchObject({ kind: 'granted', token: { audience: [] } })
    expect(decide({ client_id: 'another' })).toMatchObject({ reason: 'untrusted_client' })
    expect(decide({ client_id: undefined })).toMatchObject({ reason: 'untrusted_client' })
    expect(decide({ token_use: 'id' })).toMatchObject({ reason: 'wrong_token_type' })
    expect(decide({ token_use: undefined })).toMatchObject({ reason: 'wrong_token_type' })
    expect(decide({ aud: AUDIENCE })).toMatchObject({ reason: 'wrong_audience' })
    expect(decide({ aud: [] })).toMatchObject({ kind: 'granted', token: { audience: [] } })
    expect(decide({ aud: '' })).toMatchObject({ reason: 'wrong_audience' })
  })

  it('authorize() reads scopes only from the claim in scopeClaim', () => {
    const server = createResourceServer({ ...options, scopeClaim: 'scp', scopeFormat: 'array' })
    const decide = (claims: Record<string, unknown>) =>
      server.authorize(request(issuer.token({ claims })), { scope: 'write' })
    expect(decide({ scp: ['write'] })).toMatchObject({ kind: 'granted' })
    expect(decide({ scope: 'write' })).toMatchObject({ reason: 'insufficient_scope' })
    expect(decide({ scp: 'write' })).toMatchObject({ reason: 'invalid_claim' })
  })

  it('authorize() refuses an ID token that contains the claim in scopeClaim', () => {
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

  it('authorize() refuses a request with 1000 header lines, because Node may have dropped others', () => {
    const server = createResourceServer(options)
    const lines = (count: number) => [
      ...Array.from({ length: count - 1 }, () => ['x', 'y']).flat(),
      'Authorization',
      `Bearer ${issuer.token()}`,
    ]
    const decide = (count: number, token?: false) =>
      server.authorize(
        { ...request(), rawHeaders: token === false ? lines(count).slice(0, -2) : lines(count) },
        { optional: true },
      )
    expect(decide(999)).toMatchObject({ kind: 'granted' })
    expect(decide(1000)).toMatchObject({ status: 400, reason: 'malformed_credentials' })
    expect(decide(1001, false)).toMatchObject({ status: 400, reason: 'malformed_credentials' })
  })

  it('claims and requirements on Object.prototype have no effect', () => {
    const server = createResourceServer(options)
    const everything = Object.getPrototypeOf({}) as Record<string, unknown>
    const pollute = (name: string, value: unknown, decide: () => unknown) => {
      Object.defineProperty(everything, name, { value, configurable: true, enumerable: true })
      try {
        return decide()
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

  it('authorize() refuses a verified request after the key of its token was distrusted', async () => {
    const server = createResourceServer(options)
    const view = { ...request(issuer.token()), raw: {} }
    expect(server.authorize(view)).toMatchObject({ kind: 'granted' })
    const thumbprint = await calculateJwkThumbprint(issuer.keys[0]!.jwk)
    server.distrustKey({ issuer: ISSUER, thumbprint })
    expect(server.authorize(view)).toMatchObject({ reason: 'unknown_key' })
  })

  it('authorize() calls check again if the claims of an introspected token may have changed during the check', async () => {
    const { server, endpoint } = await issuing('any', { introspection: { maxAge: 0 } })
    const answer = (tenant: string) => endpoint.answer({ ...ACTIVE, tenant })
    answer('a')
    const thumbprint = await thumbprintOfKey()
    const seen: unknown[] = []
    const check = async ({ claims }: Granted['token']) => {
      seen.push(claims['tenant'])
      answer('b')
      if (seen.length === 1) server.distrustKey({ issuer: endpoint.url, thumbprint })
      return claims['tenant'] === 'a'
    }
    const outcome = await server.authorize(request('opaque-token'), { check })
    expect([outcome.kind, seen]).toEqual(['refused', ['a', 'b']])
  })

  it('distrustKey() throws an error that asks for an issuer with public keys if the given issuer has a secret', () => {
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
    ['undefined', undefined],
    ['null', null],
    ['a thumbprint as a string', thumbprint],
    ['an empty object', {}],
    ['an object without thumbprint', { issuer: ISSUER }],
    ['an object without issuer', { thumbprint }],
    ['an issuer that is not configured', { issuer: 'https://other.example.com', thumbprint }],
    ['an array with the issuer', { issuer: [ISSUER], thumbprint }],
    ['an array with a thumbprint', { issuer: ISSUER, thumbprint: [thumbprint] }],
    ['a String object as thumbprint', { issuer: ISSUER, thumbprint: new String(thumbprint) }],
    [
      'an object that converts to a thumbprint',
      { issuer: ISSUER, thumbprint: { toString: () => thumbprint } },
    ],
    ['bytes as thumbprint', { issuer: ISSUER, thumbprint: Buffer.from(thumbprint) }],
    ['a thumbprint of 42 characters', { issuer: ISSUER, thumbprint: 'A'.repeat(42) }],
    ['a thumbprint of 44 characters', { issuer: ISSUER, thumbprint: `${thumbprint}=` }],
    ['a line feed after the thumbprint', { issuer: ISSUER, thumbprint: `${thumbprint}\n` }],
    [
      'a thumbprint in base64 that is not base64url',
      { issuer: ISSUER, thumbprint: '+'.repeat(43) },
    ],
  ])('distrustKey() throws a ConfigurationError for %s, and publishes nothing', (_, key) => {
    const events: BearwardEvent[] = []
    const server = createResourceServer({ ...options, onEvent: (event) => events.push(event) })
    const distrust = () => server.distrustKey(key as { issuer: string; thumbprint: string })
    expect(distrust).toThrow(ConfigurationError)
    expect(distrust).toThrow(
      'Pass { issuer, thumbprint }: a configured issuer that has public keys, and a SHA-256',
    )
    expect(events).toEqual([])
  })

  it('distrustKey() throws a ConfigurationError if it is called without an argument', () => {
    const { distrustKey } = createResourceServer(options)
    expect(distrustKey as () => void).toThrow(ConfigurationError)
  })

  it('distrustKey() throws for an array with a thumbprint, and the key stays trusted', async () => {
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

describe('a guard that is not called with a request', () => {
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
  const TEXT =
    'Pass a request to a guard or to authorize: { method, url, headers }, or a web Request.'

  describe.each(guards)('requirements %s', (_name, requirements) => {
    const guard = createResourceServer(options).guard(requirements)

    it.each(values)(
      'a guard that gets %s throws a TypeError that describes a request',
      (_, value) => {
        expect(() => guard(value as RequestLike)).toThrow(TypeError)
        expect(() => guard(value as RequestLike)).toThrow(TEXT)
      },
    )

    // `undefined` is a separate case, because inside the core, `verify(token)` also has an `undefined` request.
    it('a guard that gets undefined or no argument throws a TypeError that describes a request', () => {
      for (const call of [
        () => guard(undefined as unknown as RequestLike),
        guard as unknown as () => void,
      ]) {
        expect(call).toThrow(TypeError)
        expect(call).toThrow(TEXT)
      }
    })
  })
})

describe('an optional guard', () => {
  /** Calls an optional guard with parts of a request, as a faulty adapter does. */
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
  ])('an optional guard refuses with 400 if Authorization is %s', (_, authorization) => {
    const { outcome, view, events } = pass({ headers: { authorization } })
    expect(outcome).toMatchObject({ status: 400, reason: 'malformed_credentials' })
    expect(events).toMatchObject([{ type: 'refused', reason: 'malformed_credentials' }])
    expect(() => getToken(view)).toThrow('before a guard granted')
  })

  it.each<[string, unknown]>([
    ['a string', BAD],
    ['a number', 5],
    ['a function', () => BAD],
    ['an empty array', []],
    ['an array of names and values', ['authorization', BAD]],
    ['an array of pairs', [['authorization', BAD]]],
  ])('an optional guard throws a TypeError if headers is %s', (_, headers) => {
    expect(() => pass({ headers })).toThrow(TypeError)
    expect(() => pass({ headers })).toThrow(
      'headers of a request must be an object with header names as keys',
    )
  })

  it.each<[string, object]>([
    ['an object with its own member get', { get: () => BAD }],
    ['a web Headers', new Headers({ authorization: BAD })],
    ['an object with Authorization in mixed case', { aUTHORIZATION: BAD }],
  ])('an optional guard refuses a malformed token if headers is %s', (_, headers) => {
    expect(pass({ headers }).outcome).toMatchObject({ status: 401, reason: 'malformed_token' })
  })

  it.each<[string, object]>([
    ['get returns undefined', { get: () => undefined }],
    ['get returns null', { get: () => null }],
    ['Authorization is undefined', { authorization: undefined }],
  ])('an optional guard returns anonymous if %s', (_, headers) => {
    const { outcome, view } = pass({ headers })
    expect(outcome).toMatchObject({ kind: 'anonymous' })
    expect(() => getToken(view)).toThrow('anonymous')
  })

  /** Returns the kind of the outcome, or `thrown` for a `TypeError`, which also denies access. */
  function getKind(parts: object): string {
    try {
      return (pass(parts).outcome as Outcome).kind
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
      return 'thrown'
    }
  }

  it('an optional guard refuses or throws if headers is a Map with a name in lower case', () => {
    expect(getKind({ headers: new Map([['authorization', BAD]]) })).not.toBe('anonymous')
  })

  // A Map is case-sensitive, and only a flat list of strings is read from `rawHeaders`.
  it.each<[string, object]>([
    ['headers is a Map with a capitalized name', { headers: new Map([['Authorization', BAD]]) }],
    ['rawHeaders is an array of pairs', { rawHeaders: [['Authorization', BAD]] }],
    ['rawHeaders is a string', { rawHeaders: `Authorization: ${BAD}` }],
    ['rawHeaders is a Map', { rawHeaders: new Map([['Authorization', BAD]]) }],
  ])('an optional guard refuses or throws if %s', (_, parts) => {
    expect(getKind(parts)).not.toBe('anonymous')
  })
})

describe('an outcome that is not awaited', () => {
  it('an outcome throws if a member is read without await', async () => {
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
  /** Creates a resource server that records all arguments of `onEvent`. */
  function setup(more: Partial<ResourceServerOptions> = {}) {
    const received: [event: BearwardEvent, ...rest: unknown[]][] = []
    const server = closing(
      createResourceServer({
        ...options,
        onEvent: (...given: [BearwardEvent, ...unknown[]]) => received.push(given),
        ...more,
      } as ResourceServerOptions),
    )
    return { server, received, events: () => received.map(([event]) => event) }
  }

  it('verify() returns granted without a promise for a valid token', () => {
    const { server } = setup()
    const outcome = server.verify(issuer.token())
    expect(outcome).toMatchObject({
      kind: 'granted',
      token: { issuer: ISSUER, clientId: 'reports-cron', scopes: ['read'], verifiedBy: 'jwt' },
      headers: {},
    })
    expect(Object.isFrozen((outcome as Granted).token)).toBe(true)
  })

  it('verify() grants and refuses tokens if it is called without its server as this', () => {
    const { verify } = setup().server
    expect(verify(issuer.token())).toMatchObject({ kind: 'granted' })
    expect(['a.b.c'].map((token) => verify(token))).toMatchObject([{ reason: 'malformed_token' }])
  })

  it('verify() and authorize() share the token cache', () => {
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

  it('verify() publishes the same events as authorize(), without a guard and without a request', () => {
    const { server, received, events } = setup()
    const tokens = [issuer.token(), issuer.token({ claims: { aud: 'another' } }), 'a.b.c', 'a b']
    for (const token of tokens) void server.authorize(request(token))
    const ofGuard = events()
    received.length = 0
    for (const token of tokens) void server.verify(token)
    expect(ofGuard.map(({ type }) => type)).toEqual(['verified', ...Array(3).fill('refused')])
    expect(events()).toEqual(
      ofGuard.map((event) => (event.type === 'refused' ? { ...event, guard: undefined } : event)),
    )
    for (const [, raw, ...rest] of received) expect([raw, rest]).toEqual([undefined, []])
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
    ['a token that contains a space', () => 'a b', 400, 'malformed_credentials'],
    ['a token with a space before it', () => ` ${issuer.token()}`, 400, 'malformed_credentials'],
    ['a token with a space after it', () => `${issuer.token()} `, 400, 'malformed_credentials'],
    [
      'a token with a line feed after it',
      () => `${issuer.token()}\n`,
      400,
      'malformed_credentials',
    ],
    [
      'a token with its scheme before it',
      () => bearer(issuer.token()).headers.authorization,
      400,
      'malformed_credentials',
    ],
    [
      'a token with a scheme in lower case before it',
      () => `bearer ${issuer.token()}`,
      400,
      'malformed_credentials',
    ],
    [
      'two tokens with a comma between them',
      () => `${issuer.token()},${issuer.token()}`,
      400,
      'multiple_credentials',
    ],
    ['a token with a comma after it', () => `${issuer.token()},`, 400, 'multiple_credentials'],
    [
      'a text that is too long and contains a comma',
      () => `${'a'.repeat(16_384)},`,
      400,
      'multiple_credentials',
    ],
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
  ])('verify() refuses %s', (_, make, status, reason) => {
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

  it('verify() publishes that the token begins with a scheme', () => {
    const { server, events } = setup()
    for (const scheme of ['Bearer', 'bearer', 'DPoP']) {
      const outcome = server.verify(`${scheme} ${issuer.token()}`)
      expect(outcome).toMatchObject({ status: 400, reason: 'malformed_credentials' })
      expect(events().at(-1)).toMatchObject({
        check: 'token',
        expected: 'the token without a scheme',
        found: 'a scheme before the token',
      })
    }
  })

  it('verify() publishes the type and not the value of an argument that is not a string', () => {
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

  it('verify() returns 503 with Retry-After until the keys are loaded', async () => {
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

  it('verify() waits for the keys, and shares their fetch with authorize()', async () => {
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
    expect(endpoint.takeRequests()).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })

  it('verify() checks the times of a cached token at every call', () => {
    const clock = fakeClock()
    const minted = createTestIssuer({ now: clock.seconds })
    const { server } = setup({ jwks: minted.jwks, clock, clockTolerance: 0 })
    const token = minted.token()
    for (let i = 0; i < 3; i++) expect(server.verify(token)).toMatchObject({ kind: 'granted' })
    clock.advance(300)
    expect(server.verify(token)).toMatchObject({ reason: 'expired' })
  })

  it('verify() refuses a cached token after distrustKey for its key', async () => {
    const { server } = setup()
    const token = issuer.token()
    for (let i = 0; i < 3; i++) expect(server.verify(token)).toMatchObject({ kind: 'granted' })
    const thumbprint = await calculateJwkThumbprint(issuer.jwks.keys[0]!)
    server.distrustKey({ issuer: ISSUER, thumbprint })
    expect(server.verify(token)).toMatchObject({ reason: 'unknown_key' })
  })

  it('verify() verifies a JWT without introspection', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    endpoint.answer({ active: false })
    for (let i = 0; i < 3; i++) {
      expect(server.verify(token())).toMatchObject({
        kind: 'granted',
        token: { verifiedBy: 'jwt' },
      })
    }
    expect(await server.verify('opaque')).toMatchObject({ reason: 'malformed_token' })
    expect(endpoint.requests).toEqual([])
  })

  it('verify() introspects an opaque token, and caches the response', async () => {
    const { clock, endpoint, server } = await introspecting(ACTIVE)
    const granted = { kind: 'granted', token: { verifiedBy: 'introspection' } }
    expect(await server.verify('opaque')).toMatchObject(granted)
    expect(await server.verify('opaque')).toMatchObject(granted)
    expect(await server.authorize(request('opaque'))).toMatchObject(granted)
    expect(endpoint.requests).toHaveLength(1)
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
    expect(endpoint.requests.map(({ form }) => form.get('token'))).toEqual([
      'opaque',
      'opaque',
      'another',
    ])
  })

  it('verify() grants a token with any scopes, subject and client', () => {
    const { server } = setup()
    const claims = { scope: undefined, sub: 'unknown', client_id: 'any-client' }
    expect(server.verify(issuer.token({ claims }))).toMatchObject({
      kind: 'granted',
      token: { scopes: [], clientId: 'any-client', subject: { kind: 'unknown' } },
    })
  })

  it('verify() calls errorBody for a refusal, and throws its error', () => {
    const own = { errorBody: () => ({ body: 'no' }) }
    expect(setup(own).server.verify('a.b.c')).toMatchObject({ status: 401, body: 'no' })
    const errorBody = () => {
      throw new RangeError('oops')
    }
    expect(() => setup({ errorBody }).server.verify('a.b.c')).toThrow(RangeError)
  })
})
