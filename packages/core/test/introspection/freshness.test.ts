import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, type TokenOverrides } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import {
  ConfigurationError,
  createResourceServer,
  type IntrospectionOptions,
  type Requirements,
} from '../../src/index.ts'
import { ACTIVE, CREDENTIALS, scene, type SceneOptions, tokenIn, verdict } from './scene.ts'

const key = generateKey('ES256')

/** An issuer of JWTs that can also be asked about them. */
async function issuing(tokens: 'jwt' | 'both', more: SceneOptions = {}) {
  const made = await scene(ACTIVE, {
    ...more,
    issuer: { tokens, keys: { keys: [key.jwk] }, ...more.issuer },
  })
  const issuer = createTestIssuer({ issuer: made.endpoint.url, now: made.clock.seconds })
  return { ...made, token: (overrides: TokenOverrides = {}) => issuer.token({ key, ...overrides }) }
}

const FRESH: Requirements = { freshness: 'introspect' }

describe('an issuer of both kinds', () => {
  it('is not asked about a JWT, whatever was decided about it here', async () => {
    const { endpoint, judge, send, token } = await issuing('both')
    expect(tokenIn(await send(token())).origin).toBe('jwt')
    expect(await judge(token({ claims: { exp: 1 } }))).toBe('401 expired')
    expect(await judge(token({ key: generateKey('ES256') }))).toBe('401 invalid_signature')
    expect(await judge(token({ header: { kid: 'unknown' } }))).toBe('401 unknown_key')
    expect(await judge(token({ header: { alg: 'none' } }))).toBe('401 unsupported_algorithm')
    expect(await judge(token({ claims: { cnf: { jkt: 'x' } } }))).toBe('401 unsupported_binding')
    expect(await judge(`${token()}=`)).toBe('401 malformed_token')
    expect(endpoint.asked).toEqual([])
  })

  it('is asked about everything that is no JWT', async () => {
    const { endpoint, send } = await issuing('both')
    for (const opaque of [
      'abc',
      'a.b.c',
      'ory_at_x.y',
      'ya29.a0-b',
      'xxx.yyy.zzz.',
      'e30',
      'eyJ',
    ]) {
      expect(tokenIn(await send(opaque)).origin).toBe('introspection')
      expect(endpoint.asked.at(-1)!.form.get('token')).toBe(opaque)
    }
  })

  it('is asked about a JWT where its keys cannot be had', async () => {
    const { endpoint, send, judge, token, events } = await issuing('both', {
      issuer: { keys: undefined, jwksUri: 'http://127.0.0.1:1/jwks' } as never,
    })
    const verified = tokenIn(await send(token({ claims: { sub: 'forged' } })))
    expect(verified).toMatchObject({ origin: 'introspection', subject: { id: 'user-ada' } })
    expect(events.find(({ type }) => type === 'verified')).toMatchObject({
      origin: 'introspection',
      keys: 'unavailable',
    })
    endpoint.answer({ active: false })
    expect(await judge(token({ claims: { jti: 'another' } }))).toBe('401 inactive')
    const only = await issuing('jwt', {
      issuer: { keys: undefined, jwksUri: 'http://127.0.0.1:1/jwks' } as never,
    })
    expect(await only.judge(only.token())).toBe('503 keys_unavailable')
    expect(only.endpoint.asked).toEqual([])
  })
})

describe('an issuer of JWTs alone', () => {
  it('is not asked about anything else', async () => {
    const { endpoint, judge } = await issuing('jwt')
    expect(await judge('abc')).toBe('401 malformed_token')
    expect(endpoint.asked).toEqual([])
  })
})

describe('freshness', () => {
  it('asks about a JWT at every request, and leaves its claims as they are', async () => {
    const { endpoint, send, judge, token } = await issuing('jwt')
    const one = token()
    for (let i = 1; i <= 3; i++) {
      const verified = tokenIn(await send(one, FRESH))
      expect(verified).toMatchObject({ origin: 'jwt', scopes: ['read'], clientId: 'reports-cron' })
      expect(endpoint.asked).toHaveLength(i)
    }
    endpoint.answer({ active: false })
    expect(await judge(one, FRESH)).toBe('401 inactive')
    expect(await judge(one)).toBe('granted')
    endpoint.answer(ACTIVE)
    expect(await judge(one, FRESH)).toBe('granted')
    expect(endpoint.asked).toHaveLength(5)
  })

  it('takes an answer that is young enough, where so much is asked for', async () => {
    const { clock, endpoint, judge, token } = await issuing('jwt')
    const one = token()
    const fresh: Requirements = { freshness: { introspect: { maxAge: 60 } } }
    expect(await judge(one, fresh)).toBe('granted')
    endpoint.answer({ active: false })
    clock.advance(59)
    expect(await judge(one, fresh)).toBe('granted')
    clock.advance(1)
    expect(await judge(one, fresh)).toBe('401 inactive')
    expect(endpoint.asked).toHaveLength(2)
  })

  it('asks about nothing that was refused here', async () => {
    const { endpoint, judge, token } = await issuing('jwt')
    expect(await judge(token({ claims: { exp: 1 } }), FRESH)).toBe('401 expired')
    expect(await judge('abc', FRESH)).toBe('401 malformed_token')
    expect(endpoint.asked).toEqual([])
  })

  it('comes before the scope: a revoked token is a bad one, whatever it may not do', async () => {
    const { endpoint, judge, token } = await issuing('jwt')
    endpoint.answer({ active: false })
    expect(await judge(token(), { ...FRESH, scope: 'admin' })).toBe('401 inactive')
    endpoint.answer(ACTIVE)
    expect(await judge(token(), { ...FRESH, scope: 'admin' })).toBe('403 insufficient_scope')
  })

  it('asks once for all guards of a request, and again for a stricter one', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    const request = {
      method: 'GET',
      url: '/',
      headers: { authorization: `Bearer ${token()}` },
      source: {},
    }
    const lenient = server.guard({ freshness: { introspect: { maxAge: 60 } } })
    const strict = server.guard(FRESH)
    for (const guard of [lenient, lenient, strict, strict, lenient])
      expect(verdict(await guard(request))).toBe('granted')
    expect(endpoint.asked).toHaveLength(2)
  })

  it('asks anew about an opaque token, and takes what is said then', async () => {
    const { endpoint, send, judge } = await scene(ACTIVE)
    expect(await judge('abc')).toBe('granted')
    endpoint.answer({ ...ACTIVE, scope: 'less' })
    expect(tokenIn(await send('abc')).scopes).toEqual(['read', 'write'])
    expect(tokenIn(await send('abc', FRESH)).scopes).toEqual(['less'])
    endpoint.answer({ active: false })
    expect(await judge('abc')).toBe('granted')
    expect(await judge('abc', FRESH)).toBe('401 inactive')
    expect(await judge('abc')).toBe('401 inactive')
  })

  it.each<[string, object | number, string]>([
    ['another issuer', { iss: 'https://another.example.com' }, '401 unknown_issuer'],
    ['another audience', { aud: 'another' }, '401 wrong_audience'],
    ['no audience', { aud: undefined }, 'granted'],
    ['nothing but active', { ...emptied(ACTIVE), active: true }, 'granted'],
    ['a refresh token', { token_type: 'refresh_token' }, '401 wrong_token_type'],
    ['an exp gone by', { exp: 1 }, '401 expired'],
    ['that it does not introspect JWTs', 400, '503 introspection_unavailable'],
  ])('is not satisfied by an answer that speaks of %s', async (_, answer, expected) => {
    const { endpoint, judge, token, failures } = await issuing('jwt')
    endpoint.answer(typeof answer === 'number' ? answer : { ...ACTIVE, ...answer })
    expect(await judge(token(), FRESH)).toBe(expected)
    expect(failures()).toEqual(answer === 400 ? ['token_refused'] : [])
  })

  it('is asked of issuers that can be asked, and found out when the guard is made', () => {
    const asked = { issuer: 'https://a.example.com', introspection: CREDENTIALS }
    const server = createResourceServer({
      issuers: [asked, { issuer: 'https://b.example.com' }].map((one) => ({
        ...one,
        audience: AUDIENCE,
      })),
    })
    expect(() => server.guard(FRESH)).toThrow(
      'freshness: https://b.example.com cannot be asked. Give that issuer introspection',
    )
    expect(() => server.guard({ ...FRESH, issuer: asked.issuer })).not.toThrow()
    for (const freshness of [
      'yes',
      true,
      {},
      { introspect: {} },
      { introspect: { maxAge: -1 } },
      { introspect: { maxAge: 3601 } },
      { introspect: { maxAge: '5' } },
      { introspect: { maxAge: 5, age: 5 } },
      { introspect: { maxAge: 5 }, cache: 5 },
    ]) {
      const guard = () => server.guard({ freshness, issuer: asked.issuer } as never)
      expect(guard, JSON.stringify(freshness)).toThrow(ConfigurationError)
    }
    server.close()
  })
})

function emptied(answer: object): object {
  return Object.fromEntries(Object.keys(answer).map((name) => [name, undefined]))
}

describe('the options of introspection', () => {
  const good = { issuer: 'https://as.example.com', audience: AUDIENCE }
  function problems(options: object): readonly string[] {
    try {
      createResourceServer(options as never).close()
      return []
    } catch (error) {
      return (error as ConfigurationError).problems
    }
  }
  const introspecting = (introspection: object, more: object = {}) =>
    problems({ ...good, introspection: { ...CREDENTIALS, ...introspection }, ...more })

  it('7662-05: take an endpoint over https, or over http on this machine or by name', () => {
    for (const endpoint of [
      'http://as.example.com/introspect',
      'https://a:b@as.example.com/introspect',
      'https://as.example.com/introspect#x',
      'as.example.com',
      7,
    ]) {
      expect(introspecting({ endpoint }), String(endpoint)).toEqual([
        'introspection.endpoint must be an https address; http is accepted on loopback and for hosts named in allowInsecureHosts.',
      ])
    }
    expect(introspecting({ endpoint: 'http://127.0.0.1:1/introspect' })).toEqual([])
    const named = { allowInsecureHosts: ['as'] }
    expect(introspecting({ endpoint: 'http://as/introspect' }, named)).toEqual([])
  })

  it('say what is missing for opaque tokens', () => {
    for (const tokens of ['opaque', 'both'] as const) {
      expect(problems({ ...good, tokens })).toEqual([
        `tokens is '${tokens}', which takes introspection: { clientId, clientAuthentication }, to ask the issuer with.`,
      ])
      const issuer = 'https://as.example.com/{tenantid}'
      expect(introspecting({}, { tokens, issuer, tenants: ['a'] })).toEqual([
        `tokens is '${tokens}', which does not go with tenants: give each one as an issuer.`,
      ])
    }
    expect(introspecting({}, { tokens: 'paper' })).toHaveLength(1)
    expect(introspecting({}, { tokens: 'opaque', issuer: 'acme' })).toEqual([
      'issuer is no https address, so its introspection endpoint cannot be discovered: give introspection.endpoint.',
    ])
    const endpoint = 'https://as.example.com/introspect'
    expect(introspecting({ endpoint }, { tokens: 'opaque', issuer: 'acme' })).toEqual([])
    expect(introspecting({ endpoint }, { tokens: 'both', issuer: 'acme' })).toHaveLength(1)
    expect(
      introspecting({ endpoint, response: 'jwt' }, { tokens: 'opaque', issuer: 'acme' }),
    ).toHaveLength(1)
  })

  it('let one issuer take opaque tokens, for there would be no telling whose one is', () => {
    const issuers = ['opaque', 'both', 'jwt'].map((tokens) => ({
      issuer: `https://${tokens}.example.com`,
      audience: AUDIENCE,
      tokens,
      introspection: CREDENTIALS,
    }))
    expect(problems({ issuers })).toEqual([
      "issuers has more than one with tokens: 'opaque' or 'both': an opaque token does not say whose it is, so only one of them can be asked.",
    ])
    expect(problems({ issuers: issuers.slice(1) })).toEqual([])
  })

  it('take an audience of null without a rule for the kind, where the issuer judges', () => {
    const audienceless = { audience: null, allowedClients: ['a'] }
    expect(introspecting({}, { ...audienceless, tokens: 'opaque' })).toEqual([])
    expect(introspecting({}, { ...audienceless, tokens: 'both' })).toHaveLength(1)
    expect(introspecting({}, { audience: null, tokens: 'opaque' })).toHaveLength(1)
  })

  it.each<[string, Partial<Record<keyof IntrospectionOptions, unknown>>]>([
    ['an id', { clientId: '' }],
    ['a response', { response: 'xml' }],
    ['algorithms of the issuer', { algorithms: ['HS256'] }],
    ['algorithms by name', { algorithms: [] }],
    ['a hint', { tokenTypeHint: 'refresh_token' }],
    ['an age', { maxAge: -1 }],
    ['an age in seconds', { maxAge: 3601 }],
    ['a short age', { negativeMaxAge: 61 }],
    ['a known name', { maxage: 5 } as object],
  ])('take %s', (_, introspection) => {
    expect(introspecting(introspection)).toHaveLength(1)
  })

  it('are an object', () => {
    expect(problems({ ...good, introspection: 'yes' })).toHaveLength(1)
  })

  it('leave an issuer of opaque tokens without keys to load', async () => {
    const { server, endpoint } = await scene(ACTIVE)
    await server.ready()
    expect(server.status()).toEqual([{ issuer: endpoint.url, keys: { state: 'unused' } }])
    expect(endpoint.visited).toEqual([])
  })
})
