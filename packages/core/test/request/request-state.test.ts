import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { type Behavior, scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import {
  type BearwardEvent,
  createResourceServer,
  type Granted,
  getToken,
  type Outcome,
  type RequestLike,
  type ResourceServerOptions,
} from '../../src/index.ts'
import { getUnmetGuard } from '../../src/adapter.ts'
import { createGuardCaller } from '../support/create-guard-caller.ts'
import {
  ACTIVE,
  closing,
  issuing,
  setup as introspecting,
  summarizeOutcome,
  thumbprintOfKey,
} from '../token/introspection/setup.ts'

const key = generateKey('ES256', 'first')
const otherKey = generateKey('ES256', 'second')
const KEYS = { keys: [key.jwk, otherKey.jwk] }
const thumbprint = await calculateJwkThumbprint(key.jwk)

/** Creates a resource server without a token cache, so that guards share only the state of the request. */
function setup(options: Partial<ResourceServerOptions> = {}) {
  const clock = fakeClock()
  const issuer = createTestIssuer({ now: clock.seconds })
  const events: BearwardEvent[] = []
  const server = closing(
    createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks: KEYS,
      tokenCache: false,
      clock,
      onEvent: (event: BearwardEvent) => events.push(event),
      ...options,
    } as ResourceServerOptions),
  )
  const token = (claims: object = {}) => issuer.token({ key, claims: { ...claims } })
  const count = (type: BearwardEvent['type']) =>
    events.filter((event) => event.type === type).length
  const distrust = () => server.distrustKey({ issuer: ISSUER, thumbprint })
  return { clock, issuer, events, server, token, count, distrust }
}

/** Creates a resource server like `setup`, but with keys that must be fetched first. */
function fetching(behavior: Behavior = KEYS) {
  const endpoint = scriptedEndpoint(behavior)
  return { endpoint, ...setup({ jwks: undefined, fetch: endpoint.fetch } as never) }
}

const FETCHES = ['/.well-known/openid-configuration', '/jwks']

/** A request object whose credentials change. */
interface Carrier {
  readonly raw: object
  current(): RequestLike
  /** Changes the value of `Authorization`, or removes it. */
  carry(value: string | undefined): void
}

const NO_HEADERS = { method: 'GET', url: '/', headers: {} }

/** The ways in which the credentials of one request object can change. */
const CARRIERS: Record<string, () => Carrier> = {
  'in the same rawHeaders array': () => {
    const rawHeaders = ['Host', 'api']
    const request = { ...NO_HEADERS, rawHeaders }
    return {
      raw: request,
      current: () => request,
      carry(value) {
        rawHeaders.length = 2
        if (value !== undefined) rawHeaders.push('Authorization', value)
      },
    }
  },
  'in a new rawHeaders array': () => {
    const request = { ...NO_HEADERS, rawHeaders: ['Host', 'api'] }
    return {
      raw: request,
      current: () => request,
      carry(value) {
        const line = value === undefined ? [] : ['Authorization', value]
        request.rawHeaders = ['Host', 'api', ...line]
      },
    }
  },
  'in the same headers object': () => {
    const headers: Record<string, string | undefined> = {}
    const request = { ...NO_HEADERS, headers }
    return {
      raw: request,
      current: () => request,
      carry: (value) => void (headers['authorization'] = value),
    }
  },
  'in a new headers object': () => {
    const request = { ...NO_HEADERS, headers: {} }
    return {
      raw: request,
      current: () => request,
      carry: (value) => void (request.headers = { authorization: value }),
    }
  },
  'in a web Headers': () => {
    const headers = new Headers()
    const request = { ...NO_HEADERS, headers }
    return {
      raw: request,
      current: () => request,
      carry: (value) =>
        value === undefined ? headers.delete('authorization') : headers.set('authorization', value),
    }
  },
  'in a web Request': () => {
    const request = new Request('https://api.example.com/')
    const { headers } = request
    return {
      raw: request,
      current: () => request,
      carry: (value) =>
        value === undefined ? headers.delete('authorization') : headers.set('authorization', value),
    }
  },
  'in another object with the same raw': () => viewsOf({}),
  'in another object with the same frozen raw': () => viewsOf(Object.freeze({})),
}

function viewsOf(raw: object): Carrier {
  let authorization: string | undefined
  return {
    raw,
    current: () => ({ ...NO_HEADERS, headers: { authorization }, raw }),
    carry: (value) => void (authorization = value),
  }
}

const carriers = Object.keys(CARRIERS)
const grantedTo = (clientId: string) => ({ kind: 'granted', token: { clientId } })
const tokenIn = (outcome: Outcome) => (outcome as Granted).token

describe('rule 1: a token is verified once for a request', () => {
  it.each(carriers)(
    'several guards in sequence verify a token once, and getToken throws after a guard refuses: credentials %s',
    (name) => {
      const { server, token, count } = setup()
      const { raw, current, carry } = CARRIERS[name]!()
      carry(`Bearer ${token()}`)
      const first = createGuardCaller(server)(current())
      expect(first).toMatchObject({ kind: 'granted' })
      for (const requirements of [{}, { scope: 'read' }, { clients: ['reports-cron'] }]) {
        const outcome = createGuardCaller(server)(current(), requirements)
        expect(tokenIn(outcome as Outcome)).toBe(tokenIn(first as Outcome))
      }
      expect(getToken(raw)).toBe(tokenIn(first as Outcome))
      expect(createGuardCaller(server)(current(), { scope: 'admin' })).toMatchObject({
        status: 403,
      })
      expect(count('verified')).toBe(1)
      expect(createGuardCaller(server)(current())).toMatchObject({ kind: 'granted' })
      expect(() => getToken(raw)).toThrow('after a guard refused')
    },
  )

  it('guards in parallel fetch the keys once, verify the token once, and return the same token', async () => {
    const { endpoint, server, token, count, events } = fetching()
    const { current, carry } = CARRIERS['in the same rawHeaders array']!()
    carry(`Bearer ${token()}`)
    const guards = Array.from({ length: 20 }, (_, i) =>
      server.guard(i % 2 === 0 ? {} : { scope: 'read' }),
    )
    const outcomes = await Promise.all(guards.map(async (guard) => guard(current())))
    const tokens = outcomes.map(tokenIn)
    expect(new Set(tokens).size).toBe(1)
    expect(tokens[0]).toMatchObject({ clientId: 'reports-cron' })
    expect(endpoint.takeRequests()).toEqual(FETCHES)
    expect(count('verified')).toBe(1)
    expect(events.filter(({ type }) => type === 'refused')).toEqual([])
    expect(tokenIn(await createGuardCaller(server)(current()))).toBe(tokens[0])
    expect(count('verified')).toBe(1)
  })

  it('guards in parallel introspect an opaque token once', async () => {
    const { endpoint, server, events } = await introspecting(ACTIVE, {
      introspection: { maxAge: 0 },
    })
    const request = requestWith('opaque')
    const guards = Array.from({ length: 10 }, async () => createGuardCaller(server)(request))
    const tokens = (await Promise.all(guards)).map(tokenIn)
    expect(new Set(tokens).size).toBe(1)
    expect(endpoint.requests).toHaveLength(1)
    expect(events.map(({ type }) => type)).toEqual(['introspection_called', 'verified'])
  })

  it('guards in parallel fetch the keys once, and all refuse a token for another API', async () => {
    const { endpoint, server, token } = fetching()
    const request = requestWith(token({ aud: 'another' }))
    const guards = Array.from({ length: 10 }, async () => createGuardCaller(server)(request))
    const refused = { kind: 'refused', reason: 'wrong_audience' }
    expect(await Promise.all(guards)).toMatchObject(guards.map(() => refused))
    expect(endpoint.takeRequests()).toEqual(FETCHES)
  })
})

describe('rule 2: a result is used only for one request object, one server and one set of credentials', () => {
  const changes: Record<
    string,
    (made: ReturnType<typeof setup>) => readonly [value: string | undefined, reason: string]
  > = {
    'a forged token': ({ issuer }) => [
      `Bearer ${issuer.token({ header: { kid: key.kid } })}`,
      'invalid_signature',
    ],
    'an expired token': ({ token }) => [`Bearer ${token({ exp: 1 })}`, 'expired'],
    'a token for another API': ({ token }) => [`Bearer ${token({ aud: 'b' })}`, 'wrong_audience'],
    'a token with an empty cnf': ({ token }) => [
      `Bearer ${token({ cnf: {} })}`,
      'unsupported_binding',
    ],
    'a token with an additional character': ({ token }) => [
      `Bearer ${token()}A`,
      'invalid_signature',
    ],
    'a malformed token': () => ['Bearer a.b.c', 'malformed_token'],
    'two tokens': ({ token }) => [`Bearer ${token()}, Bearer ${token()}`, 'multiple_credentials'],
    'the same token after another scheme': ({ token }) => [
      `Basic ${token()}`,
      'unsupported_scheme',
    ],
    'a scheme without a token': () => ['Bearer', 'malformed_credentials'],
    'no credentials': () => [undefined, 'no_credentials'],
  }

  describe.each(carriers)('credentials that change %s', (name) => {
    it.each(Object.keys(changes))(
      'the next guard refuses and getToken throws if credentials change to %s',
      (change) => {
        const made = setup()
        const { server, token } = made
        const { raw, current, carry } = CARRIERS[name]!()
        carry(`Bearer ${token()}`)
        expect(createGuardCaller(server)(current())).toMatchObject(grantedTo('reports-cron'))
        expect(getToken(raw).clientId).toBe('reports-cron')

        const [value, reason] = changes[change]!(made)
        carry(value)
        for (let i = 0; i < 2; i++) {
          expect(createGuardCaller(server)(current())).toMatchObject({ kind: 'refused', reason })
          expect(() => getToken(raw)).toThrow('before a guard granted')
        }
      },
    )

    it('the next guard and getToken return the new token if credentials change to another token', () => {
      const { server, token, count } = setup()
      const { raw, current, carry } = CARRIERS[name]!()
      const [first, second] = [token(), token({ client_id: 'second' })]
      const clients: (string | undefined)[] = []
      for (const one of [first, second, second, first, first]) {
        carry(`Bearer ${one}`)
        const outcome = createGuardCaller(server)(current()) as Outcome
        expect(getToken(raw)).toBe(tokenIn(outcome))
        clients.push(getToken(raw).clientId)
      }
      expect(clients).toEqual(['reports-cron', 'second', 'second', 'reports-cron', 'reports-cron'])
      // Changed credentials are verified again, even if an earlier guard has verified the same token.
      expect(count('verified')).toBe(3)
    })

    it('the next guard checks the claims of the new token if credentials change to another token', () => {
      const { server, token } = setup()
      const { raw, current, carry } = CARRIERS[name]!()
      const guard = server.guard({ scope: 'admin', check: ({ clientId }) => clientId === 'second' })
      carry(`Bearer ${token({ client_id: 'second', scope: 'admin' })}`)
      expect(guard(current())).toMatchObject(grantedTo('second'))
      carry(`Bearer ${token()}`)
      expect(guard(current())).toMatchObject({ reason: 'insufficient_scope' })
      expect(() => getToken(raw)).toThrow('before a guard granted')
    })

    it('an optional guard returns anonymous and getToken throws if credentials are removed', () => {
      const { server, token } = setup()
      const { raw, current, carry } = CARRIERS[name]!()
      const guard = server.guard({ optional: true })
      carry(`Bearer ${token()}`)
      expect(guard(current())).toMatchObject({ kind: 'granted' })
      carry(undefined)
      expect(guard(current())).toMatchObject({ kind: 'anonymous' })
      expect(() => getToken(raw)).toThrow('anonymous')
      carry(`Bearer ${token({ client_id: 'second' })}`)
      expect(guard(current())).toMatchObject(grantedTo('second'))
      expect(getToken(raw).clientId).toBe('second')
    })

    it('several waiting guards each decide about the credentials that the request had when the guard was called', async () => {
      const { server, issuer, token, count } = fetching()
      const { current, carry } = CARRIERS[name]!()
      carry(`Bearer ${token()}`)
      const first = createGuardCaller(server)(current())
      carry(`Bearer ${issuer.token({ header: { kid: key.kid } })}`)
      const second = createGuardCaller(server)(current())
      carry(`Bearer ${token({ client_id: 'third' })}`)
      const third = createGuardCaller(server)(current())
      expect(await Promise.all([first, second, third])).toMatchObject([
        grantedTo('reports-cron'),
        { kind: 'refused', reason: 'invalid_signature' },
        grantedTo('third'),
      ])
      expect(count('verified')).toBe(2)
    })
  })

  it('a guard introspects an opaque token that replaces another opaque token in the same request', async () => {
    const { endpoint, server } = await introspecting(ACTIVE)
    const { raw, current, carry } = CARRIERS['in the same headers object']!()
    carry('Bearer opaque-1')
    expect(await createGuardCaller(server)(current())).toMatchObject({ kind: 'granted' })
    endpoint.answer({ active: false })
    carry('Bearer opaque-2')
    expect(await createGuardCaller(server)(current())).toMatchObject({ reason: 'inactive' })
    expect(() => getToken(raw)).toThrow('before a guard granted')
    expect(endpoint.requests.map(({ form }) => form.get('token'))).toEqual(['opaque-1', 'opaque-2'])
  })

  it('a guard verifies a token again if another request object contains it', () => {
    const { server, token, count } = setup()
    const web = new Request('https://api.example.com/', {
      headers: { authorization: `Bearer ${token()}` },
    })
    const copy = web.clone()
    for (const request of [web, web, copy, copy]) void createGuardCaller(server)(request)
    expect(count('verified')).toBe(2)
    expect(getToken(web)).not.toBe(getToken(copy))
    const plain = requestWith(token())
    for (const request of [plain, { ...plain }]) void createGuardCaller(server)(request)
    expect(count('verified')).toBe(4)
    expect(() => getToken({ ...plain })).toThrow('before a guard granted')
  })

  it('three resource servers each decide about the same request with their own options', () => {
    const one = setup()
    const other = setup({ audience: 'https://other.example.com' })
    const stranger = setup({ jwks: { keys: [otherKey.jwk] } })
    const request = requestWith(one.token())
    for (let i = 0; i < 3; i++) {
      expect(createGuardCaller(one.server)(request)).toMatchObject({ kind: 'granted' })
      expect(createGuardCaller(other.server)(request)).toMatchObject({ reason: 'wrong_audience' })
      expect(createGuardCaller(stranger.server)(request)).toMatchObject({ reason: 'unknown_key' })
    }
    expect([one.count('verified'), other.count('verified')]).toEqual([1, 0])
  })

  it('two resource servers each verify the new credentials after a request changes', () => {
    const [one, other] = [setup(), setup()]
    const { raw, current, carry } = CARRIERS['in the same rawHeaders array']!()
    const send = (server: typeof one.server) => createGuardCaller(server)(current())
    carry(`Bearer ${one.token()}`)
    expect(send(one.server)).toMatchObject(grantedTo('reports-cron'))
    expect(send(other.server)).toMatchObject(grantedTo('reports-cron'))
    carry(`Bearer ${one.token({ client_id: 'second' })}`)
    expect(send(one.server)).toMatchObject(grantedTo('second'))
    carry('Bearer a.b.c')
    expect(send(other.server)).toMatchObject({ reason: 'malformed_token' })
    expect(() => getToken(raw)).toThrow('before a guard granted')
    expect(send(one.server)).toMatchObject({ reason: 'malformed_token' })
    expect([one.count('verified'), other.count('verified')]).toEqual([2, 1])
  })

  it('a 503 of one resource server does not discard the result of another resource server for the same request', async () => {
    const [one, down] = [setup(), fetching('refuse')]
    const request = requestWith(one.token())
    expect(createGuardCaller(one.server)(request)).toMatchObject({ kind: 'granted' })
    expect(await createGuardCaller(down.server)(request)).toMatchObject({ status: 503 })
    expect(() => getToken(request)).toThrow('before a guard granted')
    expect(createGuardCaller(one.server)(request)).toMatchObject({ kind: 'granted' })
    expect(one.count('verified')).toBe(1)
  })
})

describe('rule 3: the introspection result of a later guard replaces the earlier result', () => {
  it('later guards refuse a JWT that introspection reported as inactive', async () => {
    const { endpoint, server, token, events } = await issuing('jwt')
    const request = requestWith(token())
    expect(await createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    endpoint.answer({ active: false })
    expect(await createGuardCaller(server)(request, { introspect: true })).toMatchObject({
      reason: 'inactive',
    })
    expect(await createGuardCaller(server)(request)).toMatchObject({ reason: 'inactive' })
    expect(() => getToken(request)).toThrow('before a guard granted')
    expect(endpoint.requests).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'verified')).toHaveLength(1)
  })

  it('later guards refuse a token whose introspection response has cnf', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    const request = requestWith(token())
    expect(await createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    endpoint.answer({ active: true, cnf: { jkt: 'A'.repeat(43) } })
    for (const requirements of [{ introspect: true as const }, {}, { scope: 'read' }]) {
      expect(await createGuardCaller(server)(request, requirements)).toMatchObject({
        reason: 'unsupported_binding',
      })
    }
    expect(endpoint.requests).toHaveLength(1)
    expect(await createGuardCaller(server)({ ...request })).toMatchObject({ kind: 'granted' })
  })

  it('guards in parallel share one inactive introspection response, and the next guard refuses too', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    const request = requestWith(token())
    endpoint.answer({ active: false })
    const outcomes = await Promise.all([
      createGuardCaller(server)(request, { introspect: true }),
      createGuardCaller(server)(request, { introspect: true }),
    ])
    expect(outcomes.map(summarizeOutcome)).toEqual(['401 inactive', '401 inactive'])
    expect(endpoint.requests).toHaveLength(1)
    expect(await createGuardCaller(server)(request)).toMatchObject({ reason: 'inactive' })
  })

  it('a failed introspection call is not kept: its guard returns 503, and the next guard grants', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    const request = requestWith(token())
    endpoint.answer(503)
    expect(await createGuardCaller(server)(request, { introspect: true })).toMatchObject({
      reason: 'introspection_unavailable',
    })
    expect(await createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
  })

  it('an introspection response does not apply to other credentials of the same request', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    const { current, carry } = CARRIERS['in the same rawHeaders array']!()
    const [first, second] = [token(), token({ claims: { jti: 'second' } })]
    carry(`Bearer ${first}`)
    let answer: (response: object) => void = () => {}
    endpoint.answer(() => new Promise((resolve) => (answer = resolve)))
    const waiting = createGuardCaller(server)(current(), { introspect: true })
    await endpoint.received(1)
    carry(`Bearer ${second}`)
    expect(await createGuardCaller(server)(current())).toMatchObject({ kind: 'granted' })
    answer({ active: false })
    expect(await waiting).toMatchObject({ reason: 'inactive' })
    expect(await createGuardCaller(server)(current())).toMatchObject({ kind: 'granted' })
    carry(`Bearer ${first}`)
    // Changed credentials are verified again, even if an earlier guard has verified the same token.
    expect(await createGuardCaller(server)(current())).toMatchObject({ kind: 'granted' })
  })
})

describe('rule 4: a 503 is not kept', () => {
  it('after keys_unavailable, the next guard tries again and grants', async () => {
    const { clock, endpoint, server, token, count } = fetching('refuse')
    const request = requestWith(token())
    expect(await createGuardCaller(server)(request)).toMatchObject({ reason: 'keys_unavailable' })
    expect(() => getToken(request)).toThrow('before a guard granted')
    endpoint.behave(KEYS)
    await clock.pass(3)
    expect(await createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    expect(() => getToken(request)).toThrow('after a guard refused')
    expect(count('verified')).toBe(1)
  })

  it('guards that wait in parallel all return 503, and the next guards try again and grant', async () => {
    const { clock, endpoint, server, token, count } = fetching('refuse')
    const request = requestWith(token())
    const waiting = Array.from({ length: 5 }, async () => createGuardCaller(server)(request))
    const refused = { status: 503, reason: 'keys_unavailable' }
    expect(await Promise.all(waiting)).toMatchObject(waiting.map(() => refused))
    expect(endpoint.takeRequests()).toEqual(FETCHES.slice(0, 1))
    endpoint.behave(KEYS)
    await clock.pass(3)
    const next = Array.from({ length: 5 }, async () => createGuardCaller(server)(request))
    const tokens = (await Promise.all(next)).map(tokenIn)
    expect(new Set(tokens).size).toBe(1)
    expect(tokens[0]).toMatchObject({ clientId: 'reports-cron' })
    expect(count('verified')).toBe(1)
  })

  it('guards in parallel share one failed introspection call, and the next guards introspect again', async () => {
    const { endpoint, server } = await introspecting(500)
    const request = requestWith('opaque')
    const send = () => Array.from({ length: 5 }, async () => createGuardCaller(server)(request))
    const refused = { status: 503, reason: 'introspection_unavailable' }
    for (let i = 1; i <= 2; i++) {
      expect(await Promise.all(send())).toMatchObject(Array.from({ length: 5 }, () => refused))
      expect(endpoint.requests).toHaveLength(i)
    }
    endpoint.answer(ACTIVE)
    const granted = Array.from({ length: 5 }, () => ({ kind: 'granted' }))
    expect(await Promise.all(send())).toMatchObject(granted)
    expect(endpoint.requests).toHaveLength(3)
  })

  it('after introspection_unavailable, each later guard introspects again', async () => {
    const { endpoint, server } = await introspecting(500)
    const request = requestWith('opaque')
    for (let i = 1; i <= 3; i++) {
      expect(await createGuardCaller(server)(request)).toMatchObject({
        reason: 'introspection_unavailable',
      })
      expect(endpoint.requests).toHaveLength(i)
    }
    endpoint.answer(ACTIVE)
    expect(await createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
  })

  it('later guards of a request return the same 401 without another introspection call', async () => {
    const { endpoint, server } = await introspecting(
      { active: false },
      { introspection: { maxAge: 0, negativeMaxAge: 0 } },
    )
    const request = requestWith('opaque')
    expect(await createGuardCaller(server)(request)).toMatchObject({ reason: 'inactive' })
    endpoint.answer(ACTIVE)
    expect(await createGuardCaller(server)(request)).toMatchObject({ reason: 'inactive' })
    expect(endpoint.requests).toHaveLength(1)
    expect(await createGuardCaller(server)({ ...request })).toMatchObject({ kind: 'granted' })
  })
})

describe('rule 5: all results are outdated when a key is distrusted', () => {
  it.each(carriers)(
    'after distrustKey, the next guard refuses and getToken throws: credentials %s',
    async (name) => {
      const { server, token, distrust } = setup()
      const { raw, current, carry } = CARRIERS[name]!()
      carry(`Bearer ${token()}`)
      expect(createGuardCaller(server)(current())).toMatchObject({ kind: 'granted' })
      distrust()
      for (let i = 0; i < 2; i++) {
        expect(createGuardCaller(server)(current())).toMatchObject({ reason: 'unknown_key' })
        expect(() => getToken(raw)).toThrow('before a guard granted')
      }
    },
  )

  it('after distrustKey, a token of another key is verified again and granted', async () => {
    const { server, issuer, distrust, count } = setup()
    const request = requestWith(issuer.token({ key: otherKey }))
    const first = createGuardCaller(server)(request) as Outcome
    distrust()
    const second = createGuardCaller(server)(request) as Outcome
    expect([first.kind, second.kind, count('verified')]).toEqual(['granted', 'granted', 2])
    expect(createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    expect(count('verified')).toBe(2)
  })

  it('distrustKey of one resource server does not affect another resource server', async () => {
    const [one, other] = [setup(), setup()]
    const request = requestWith(one.token())
    for (const { server } of [one, other]) {
      expect(createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    }
    other.distrust()
    expect(createGuardCaller(other.server)(request)).toMatchObject({ reason: 'unknown_key' })
    expect(createGuardCaller(one.server)(request)).toMatchObject({ kind: 'granted' })
    expect(one.count('verified')).toBe(1)
  })

  it('a guard that waits for keys refuses a token whose key is distrusted in the meantime', async () => {
    const { server, token, distrust } = fetching()
    const request = requestWith(token())
    const [first, second] = [
      createGuardCaller(server)(request),
      createGuardCaller(server)(request, { scope: 'read' }),
    ]
    distrust()
    const refused = { kind: 'refused', reason: 'unknown_key' }
    expect([await first, await second]).toMatchObject([refused, refused])
    expect(createGuardCaller(server)(request)).toMatchObject(refused)
    expect(() => getToken(request)).toThrow('before a guard granted')
  })

  it('a guard that waits for introspection refuses a token whose key is distrusted in the meantime', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    let answer: (response: object) => void = () => {}
    endpoint.answer(() => new Promise((resolve) => (answer = resolve)))
    const request = requestWith(token())
    const waiting = createGuardCaller(server)(request, { introspect: true })
    await endpoint.received(1)
    server.distrustKey({ issuer: endpoint.url, thumbprint: await thumbprintOfKey() })
    expect(await createGuardCaller(server)(request)).toMatchObject({ reason: 'unknown_key' })
    answer({ active: true })
    expect(await waiting).toMatchObject({ reason: 'unknown_key' })
    expect(await createGuardCaller(server)(request)).toMatchObject({ reason: 'unknown_key' })
    expect(() => getToken(request)).toThrow('before a guard granted')
  })

  it('a guard that waits for a check refuses a token whose key is distrusted in the meantime, and later guards refuse too', async () => {
    const { server, token, distrust } = setup()
    const request = requestWith(token())
    let answer: (granted: boolean) => void = () => {}
    const check = () => new Promise<boolean>((resolve) => (answer = resolve))
    const waiting = createGuardCaller(server)(request, { check })
    distrust()
    expect(createGuardCaller(server)(request)).toMatchObject({ reason: 'unknown_key' })
    answer(true)
    expect(await waiting).toMatchObject({ reason: 'unknown_key' })
    expect(createGuardCaller(server)(request)).toMatchObject({ reason: 'unknown_key' })
    expect(() => getToken(request)).toThrow('before a guard granted')
  })

  it('after distrustKey, an opaque token is introspected again', async () => {
    const { endpoint, server, token } = await issuing('any')
    endpoint.answer(ACTIVE)
    const request = requestWith('opaque')
    expect(await createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    endpoint.answer({ active: false })
    expect(await createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    expect(await createGuardCaller(server)(requestWith(token()))).toMatchObject({ kind: 'granted' })
    server.distrustKey({ issuer: endpoint.url, thumbprint: await thumbprintOfKey() })
    expect(await createGuardCaller(server)(request)).toMatchObject({ reason: 'inactive' })
    expect(endpoint.requests).toHaveLength(2)
  })
})

describe('getToken', () => {
  it('getToken throws before a guard is called, and while the first guard decides', async () => {
    const { server, token } = fetching()
    const request = requestWith(token())
    expect(() => getToken(request)).toThrow('before a guard granted')
    const waiting = createGuardCaller(server)(request)
    expect(() => getToken(request)).toThrow('before a guard granted')
    await waiting
    expect(getToken(request).clientId).toBe('reports-cron')
  })

  it('getToken throws while a later guard decides', async () => {
    const { server, token } = setup()
    const request = requestWith(token())
    expect(createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    const waiting = createGuardCaller(server)(request, { check: async () => true })
    expect(() => getToken(request)).toThrow('before a guard granted')
    await waiting
    expect(getToken(request).clientId).toBe('reports-cron')
  })

  it('getToken throws after the last of several guards in parallel has refused', async () => {
    const { server, token } = fetching()
    const request = requestWith(token())
    const [first, last] = [
      createGuardCaller(server)(request),
      createGuardCaller(server)(request, { scope: 'admin' }),
    ]
    expect((await first).kind).toBe('granted')
    expect((await last).kind).toBe('refused')
    await settled()
    expect(() => getToken(request)).toThrow('before a guard granted')
  })

  it('getToken throws after a guard whose check has thrown', () => {
    const { server, token } = setup()
    const request = requestWith(token())
    expect(createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    const check = () => {
      throw new RangeError('the database is down')
    }
    expect(() => createGuardCaller(server)(request, { check })).toThrow(RangeError)
    expect(() => getToken(request)).toThrow('before a guard granted')
  })

  it('getToken throws after a slow guard has refused, even if a faster guard has granted in the meantime', async () => {
    const { server, token } = setup()
    const request = requestWith(token())
    let answer: (granted: boolean) => void = () => {}
    const check = () => new Promise<boolean>((resolve) => (answer = resolve))
    const slow = server.guard({ check })(request)
    expect(server.guard()(request)).toMatchObject({ kind: 'granted' })
    expect(() => getToken(request)).toThrow('before a guard granted')
    answer(false)
    expect(await slow).toMatchObject({ kind: 'refused', reason: 'check_failed' })
    expect(() => getToken(request)).toThrow('before a guard granted')
  })

  it('getToken returns the token of the guard that decided last if two requests have the same raw', async () => {
    const { server, token } = fetching()
    const raw = {}
    const withToken = (clientId: string) => ({
      ...requestWith(token({ client_id: clientId })),
      raw,
    })
    const guard = server.guard()
    let answer: (granted: boolean) => void = () => {}
    const check = () => new Promise<boolean>((resolve) => (answer = resolve))
    const alice = server.guard({ check })(withToken('alice'))
    const bob = guard(withToken('bob'))
    expect(await bob).toMatchObject(grantedTo('bob'))
    expect(() => getToken(raw)).toThrow('before a guard granted')
    answer(true)
    expect(await alice).toMatchObject(grantedTo('alice'))
    expect(getToken(raw).clientId).toBe('alice')
    expect(guard(withToken('bob'))).toMatchObject(grantedTo('bob'))
    expect(getToken(raw).clientId).toBe('bob')
  })

  it('server.verify does not change the result of getToken', () => {
    const { server, token } = setup()
    const request = requestWith(token())
    expect(createGuardCaller(server)(request)).toMatchObject({ kind: 'granted' })
    const before = getToken(request)
    expect(server.verify('a.b.c')).toMatchObject({ kind: 'refused' })
    expect(server.verify(token({ client_id: 'second' }))).toMatchObject(grantedTo('second'))
    expect(getToken(request)).toBe(before)
  })

  it('server.authorize does not change the result of getToken', async () => {
    const { server, token } = setup()
    const request = requestWith(token())
    expect(server.authorize(request)).toMatchObject({ kind: 'granted' })
    expect(() => getToken(request)).toThrow('before a guard granted')
    expect(server.guard()(request)).toMatchObject({ kind: 'granted' })
    const before = getToken(request)
    expect(server.authorize(request, { scope: 'admin' })).toMatchObject({ status: 403 })
    const waiting = server.authorize(request, { check: async () => false })
    expect(getToken(request)).toBe(before)
    expect(await waiting).toMatchObject({ status: 403 })
    expect(getToken(request)).toBe(before)
    expect(getUnmetGuard(request)).toBeUndefined()
  })
})

describe('getUnmetGuard', () => {
  it('getUnmetGuard returns undefined without a guard, after a grant, and for an anonymous caller', () => {
    const { server, token } = setup()
    const createRequest = () => ({ method: 'GET', url: '/', headers: {} })
    const [unguarded, granted, anonymous] = [createRequest(), requestWith(token()), createRequest()]
    void server.guard()(granted)
    void server.guard({ optional: true })(anonymous)
    expect([unguarded, granted, anonymous].map(getUnmetGuard)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('getUnmetGuard returns pending while one of several guards has not decided', async () => {
    const { server, token } = fetching()
    const request = requestWith(token())
    const waiting = server.guard()(request)
    expect(getUnmetGuard(request)).toBe('pending')
    await waiting
    expect(getUnmetGuard(request)).toBeUndefined()
    let answer: (granted: boolean) => void = () => {}
    const check = () => new Promise<boolean>((resolve) => (answer = resolve))
    const checking = server.guard({ check })(request)
    expect(await server.guard()(request)).toMatchObject({ kind: 'granted' })
    expect(getUnmetGuard(request)).toBe('pending')
    answer(true)
    await checking
    expect(getUnmetGuard(request)).toBeUndefined()
  })

  it('getUnmetGuard returns refused after a guard has refused, even if other guards grant', () => {
    const { server, token } = setup()
    const request = requestWith(token())
    expect(server.guard({ scope: 'admin' })(request)).toMatchObject({ status: 403 })
    expect(server.guard()(request)).toMatchObject({ kind: 'granted' })
    expect(getUnmetGuard(request)).toBe('refused')
  })

  it('getUnmetGuard returns pending after a guard has thrown', () => {
    const { server, token } = setup()
    const request = requestWith(token())
    const check = () => {
      throw new Error('from the check')
    }
    expect(() => server.guard({ check })(request)).toThrow('from the check')
    expect(getUnmetGuard(request)).toBe('pending')
  })
})
