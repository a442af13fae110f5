import { describe, expect, it } from 'vitest'
import { settled } from '../../../../test/support/fake-clock.ts'
import { raw } from '../../../../test/support/introspection-server.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { AUDIENCE, createTestIssuer } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import {
  ConfigurationError,
  createResourceServer,
  type IntrospectionOptions,
  IntrospectionUnavailableError,
  type Requirements,
  type ResourceServer,
} from '../../src/index.ts'
import { readOptions } from '../../src/options/read-options.ts'
import {
  ACTIVE,
  closing,
  CREDENTIALS,
  issuing,
  setup,
  thumbprintOfKey,
  tokenIn,
  summarizeOutcome,
} from './introspection/setup.ts'

const INTROSPECT: Requirements = { introspect: true }
/** Claims of the tokens of the test issuer. */
const TOKEN_CLAIMS = { sub: 'reports-cron', client_id: 'reports-cron' }
const ANOTHER_TOKEN = '503 introspection_unavailable another_token'

describe('a guard with introspect', () => {
  it('a guard with introspect: true introspects a JWT at every request, and the access token has the claims of the JWT', async () => {
    const { endpoint, send, getOutcome, token } = await issuing('jwt')
    const one = token()
    for (let i = 1; i <= 3; i++) {
      const verified = tokenIn(await send(one, INTROSPECT))
      expect(verified).toMatchObject({
        verifiedBy: 'jwt',
        scopes: ['read'],
        clientId: 'reports-cron',
      })
      expect(endpoint.requests).toHaveLength(i)
    }
    endpoint.answer({ active: false })
    expect(await getOutcome(one, INTROSPECT)).toBe('401 inactive')
    expect(await getOutcome(one)).toBe('granted')
    endpoint.answer({ active: true })
    expect(await getOutcome(one, INTROSPECT)).toBe('granted')
    expect(endpoint.requests).toHaveLength(5)
  })

  it('a guard uses a cached introspection response that is younger than introspect.maxAge', async () => {
    const { clock, endpoint, getOutcome, token } = await issuing('jwt')
    const one = token()
    const recent: Requirements = { introspect: { maxAge: 60 } }
    expect(await getOutcome(one, recent)).toBe('granted')
    endpoint.answer({ active: false })
    clock.advance(59)
    expect(await getOutcome(one, recent)).toBe('granted')
    clock.advance(1)
    expect(await getOutcome(one, recent)).toBe('401 inactive')
    expect(endpoint.requests).toHaveLength(2)
  })

  it('a guard with introspect sends no introspection request for a token that is rejected locally', async () => {
    const { endpoint, getOutcome, token } = await issuing('jwt')
    expect(await getOutcome(token({ claims: { exp: 1 } }), INTROSPECT)).toBe('401 expired')
    expect(await getOutcome('abc', INTROSPECT)).toBe('401 malformed_token')
    expect(endpoint.requests).toEqual([])
  })

  it('a guard with introspect refuses a revoked token with the reason inactive before it checks the scope', async () => {
    const { endpoint, getOutcome, token } = await issuing('jwt')
    endpoint.answer({ active: false })
    expect(await getOutcome(token(), { ...INTROSPECT, scope: 'admin' })).toBe('401 inactive')
    endpoint.answer({ active: true })
    expect(await getOutcome(token(), { ...INTROSPECT, scope: 'admin' })).toBe(
      '403 insufficient_scope',
    )
  })

  it('guards of one request share one introspection call, and a guard of the next request introspects again if it requires a newer response', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    const callGuard = session(server, token())
    const lenient: Requirements = { introspect: { maxAge: 60 } }
    expect(await callGuard(lenient)).toBe('granted')
    expect(endpoint.requests).toHaveLength(1)
    // A response that was received for this request is recent enough for all guards of the request.
    for (const one of [INTROSPECT, INTROSPECT, lenient])
      expect(await callGuard(one)).toBe('granted')
    expect(endpoint.requests).toHaveLength(1)

    const next = session(server, callGuard.token)
    expect(await next(lenient)).toBe('granted')
    expect(endpoint.requests).toHaveLength(1)
    for (const one of [INTROSPECT, INTROSPECT, lenient]) expect(await next(one)).toBe('granted')
    expect(endpoint.requests).toHaveLength(2)
  })

  it('concurrent guards of a request share one introspection call', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    const callGuard = session(server, token())
    expect(await Promise.all([callGuard(INTROSPECT), callGuard(INTROSPECT), callGuard()])).toEqual(
      Array.from({ length: 3 }, () => 'granted'),
    )
    expect(endpoint.requests).toHaveLength(1)
  })

  it.each<[string, Requirements, number]>([
    ['introspect: true, after one second', INTROSPECT, 1],
    ['introspect.maxAge: 60, after 60 seconds', { introspect: { maxAge: 60 } }, 60],
  ])(
    'a guard introspects a JWT again on a connection that stays open, with %s',
    async (_, requirements, seconds) => {
      const { clock, endpoint, server, token } = await issuing('jwt')
      const callGuard = session(server, token({ claims: { exp: clock.seconds() + 7200 } }))
      expect(await callGuard(requirements)).toBe('granted')
      clock.advance(seconds - 0.1)
      expect(await callGuard(requirements)).toBe('granted')
      expect(endpoint.requests).toHaveLength(1)
      endpoint.answer({ active: false })
      clock.advance(0.1)
      expect(await callGuard(requirements)).toBe('401 inactive')
      // Guards without introspect also refuse the revoked token.
      expect(await callGuard()).toBe('401 inactive')
      expect(endpoint.requests).toHaveLength(2)
    },
  )

  it.each([
    [10, 10],
    [0, 1],
  ])(
    'a guard introspects an opaque token again on a connection that stays open, with maxAge: %d, after %d s',
    async (maxAge, seconds) => {
      const { clock, endpoint, server } = await setup(ACTIVE, { introspection: { maxAge } })
      const callGuard = session(server, 'abc')
      expect(await callGuard()).toBe('granted')
      clock.advance(seconds - 0.1)
      expect(await callGuard()).toBe('granted')
      expect(endpoint.requests).toHaveLength(1)
      endpoint.answer(500)
      clock.advance(0.1)
      expect(await callGuard()).toBe('503 introspection_unavailable')
      // The outage is not final: the next guard introspects the token again.
      endpoint.answer({ ...ACTIVE, scope: 'less' })
      expect(await callGuard({ scope: 'less' })).toBe('granted')
      expect(await callGuard({ scope: 'write' })).toBe('403 insufficient_scope')
      endpoint.answer({ active: false })
      clock.advance(seconds)
      expect(await callGuard()).toBe('401 inactive')
      expect(endpoint.requests).toHaveLength(4)
    },
  )

  it('guards of one request share one introspection call, even if the response took 2.5 seconds', async () => {
    const { clock, endpoint, server, token } = await issuing('jwt')
    let answer = () => {}
    endpoint.answer(({ response }) => {
      answer = () => {
        response.setHeader('Content-Type', 'application/json').end('{"active":true}')
      }
    })
    const callGuard = session(server, token())
    const first = callGuard(INTROSPECT)
    await endpoint.received(1)
    clock.advance(2.5)
    answer()
    expect(await first).toBe('granted')
    clock.advance(0.9)
    expect(await callGuard(INTROSPECT)).toBe('granted')
    expect(endpoint.requests).toHaveLength(1)
  })

  it('a guard introspects an opaque token again if the response that another request has received is older than maxAge', async () => {
    const { clock, endpoint, server, getOutcome } = await setup(ACTIVE, {
      introspection: { maxAge: 2 },
    })
    const callGuard = session(server, 'abc')
    expect(await callGuard()).toBe('granted')
    clock.advance(3)
    expect(await getOutcome('abc')).toBe('granted')
    endpoint.answer({ active: false })
    clock.advance(2)
    expect(await callGuard()).toBe('401 inactive')
  })

  it('later guards of a request use the newer response that a guard with introspect: true has received', async () => {
    const { endpoint, server, getOutcome } = await setup({ ...ACTIVE, scope: 'read admin' })
    expect(await getOutcome('abc')).toBe('granted')
    const callGuard = session(server, 'abc')
    expect(await callGuard({ scope: 'admin' })).toBe('granted')
    endpoint.answer(ACTIVE)
    expect(await callGuard(INTROSPECT)).toBe('granted')
    expect(await callGuard({ scope: 'admin' })).toBe('403 insufficient_scope')
    const revoked = session(server, 'abc')
    expect(await revoked()).toBe('granted')
    endpoint.answer({ active: false })
    expect(await revoked(INTROSPECT)).toBe('401 inactive')
    expect(await revoked()).toBe('401 inactive')
  })

  it('two concurrent guards refuse a revoked token, even if the maxAge of one guard allows the older response', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    const lenient = { introspect: { maxAge: 60 } }
    const jwt = token()
    expect(await session(server, jwt)(lenient)).toBe('granted')
    endpoint.answer({ active: false })
    const callGuard = session(server, jwt)
    expect(await Promise.all([callGuard(INTROSPECT), callGuard(lenient)])).toEqual([
      '401 inactive',
      '401 inactive',
    ])
    expect(await callGuard()).toBe('401 inactive')
  })

  it('two concurrent guards refuse a revoked token after one shared introspection call, and make no second call', async () => {
    const { endpoint, server, token } = await issuing('jwt')
    const callGuard = session(server, token())
    expect(await callGuard(INTROSPECT)).toBe('granted')
    endpoint.answer(({ number }) => (number === 2 ? { active: false } : 503))
    const other = session(server, token({ claims: { jti: 'another' } }))
    expect(await Promise.all([other(INTROSPECT), other(INTROSPECT)])).toEqual([
      '401 inactive',
      '401 inactive',
    ])
    expect(await other()).toBe('401 inactive')
  })

  it('a guard grants a request on an open connection after an outage, although a guard refused the request during the outage', async () => {
    const { endpoint, server } = await setup(503)
    const callGuard = session(server, 'abc')
    expect(await callGuard()).toBe('503 introspection_unavailable')
    endpoint.answer(ACTIVE)
    expect(await callGuard()).toBe('granted')
  })

  it('a guard with introspect refuses a token whose key is distrusted during introspection', async () => {
    let answer: (response: object) => void = () => {}
    const { endpoint, server, token } = await issuing('jwt')
    endpoint.answer(() => new Promise((resolve) => (answer = resolve)))
    const callGuard = session(server, token())
    const waiting = callGuard(INTROSPECT)
    await endpoint.received(1)
    server.distrustKey({ issuer: endpoint.url, thumbprint: await thumbprintOfKey() })
    answer({ active: true })
    expect(await waiting).toBe('401 unknown_key')
  })

  it('a guard compares the client_id of a JWT and of the introspection response, even if clientIdClaim names another claim', async () => {
    const { endpoint, getOutcome, token } = await issuing('jwt', {
      issuer: { clientIdClaim: 'app' },
    })
    const jwt = token({ claims: { client_id: 'c-123', app: 'reports' } })
    endpoint.answer({ active: true, client_id: 'c-123' })
    expect(await getOutcome(jwt, INTROSPECT)).toBe('granted')
    endpoint.answer({ active: true, client_id: 'c-999' })
    expect(await getOutcome(jwt, INTROSPECT)).toBe('503 introspection_unavailable')
  })

  it('a guard with introspect: true makes one introspection call, not two, for the first request with an opaque token', async () => {
    for (const maxAge of [10, 0]) {
      const { endpoint, getOutcome } = await setup(ACTIVE, { introspection: { maxAge } })
      expect(await getOutcome('abc', INTROSPECT)).toBe('granted')
      expect(endpoint.requests).toHaveLength(1)
    }
  })

  it('a guard with introspect: true ignores the response to a call that began before the request', async () => {
    let answer = () => {}
    const { endpoint, getOutcome } = await setup(
      ({ response }) => void (answer = () => raw(JSON.stringify(ACTIVE))({ response } as never)),
    )
    const before = getOutcome('abc')
    await endpoint.received(1)
    const recent = getOutcome('abc', INTROSPECT)
    await settled()
    endpoint.answer({ active: false })
    answer()
    expect(await before).toBe('granted')
    expect(await recent).toBe('401 inactive')
  })

  it('a guard with introspect: true introspects a cached opaque token again, and uses the new response', async () => {
    const { endpoint, send, getOutcome } = await setup(ACTIVE)
    expect(await getOutcome('abc')).toBe('granted')
    endpoint.answer({ ...ACTIVE, scope: 'less' })
    expect(tokenIn(await send('abc')).scopes).toEqual(['read', 'write'])
    expect(tokenIn(await send('abc', INTROSPECT)).scopes).toEqual(['less'])
    endpoint.answer({ active: false })
    expect(await getOutcome('abc')).toBe('granted')
    expect(await getOutcome('abc', INTROSPECT)).toBe('401 inactive')
    expect(await getOutcome('abc')).toBe('401 inactive')
  })

  it.each<[string, string, object | number]>([
    ['no audience', 'granted', { aud: undefined }],
    ['active only', 'granted', { ...withoutValues(ACTIVE), active: true }],
    ['the same audience, subject and client', 'granted', {}],
    ['another audience', '401 wrong_audience', { aud: 'another' }],
    ['the token_type of a refresh token', '401 wrong_token_type', { token_type: 'refresh_token' }],
    ['the token_use of a refresh token', '401 wrong_token_type', { token_use: 'refresh' }],
    ['the typ of a Keycloak refresh token', '401 wrong_token_type', { typ: 'Refresh' }],
    ['the at_hash of an ID token', '401 wrong_token_type', { at_hash: 'x' }],
    ['an exp in the past', '401 expired', { exp: 1 }],
    ['a cnf with jkt', '401 unsupported_binding', { cnf: { jkt: 'x' } }],
    ['a cnf that is null', '401 unsupported_binding', { cnf: null }],
    ['the token_type DPoP', '401 unsupported_binding', { token_type: 'DPoP' }],
    ['an exp that is not a time', '503 introspection_unavailable malformed', { exp: 'soon' }],
    ['status 400', '503 introspection_unavailable token_refused', 400],
    ['another issuer', ANOTHER_TOKEN, { iss: 'https://as.example.com' }],
    ['another subject', ANOTHER_TOKEN, { sub: 'user-eve' }],
    ['another client', ANOTHER_TOKEN, { client_id: 'reports-web' }],
    ['another jti', ANOTHER_TOKEN, { jti: 'another' }],
  ])(
    'a guard with introspect: true gets a response with %s: the outcome is %s',
    async (_, expected, response) => {
      const { endpoint, getOutcome, token, failures } = await issuing('jwt')
      endpoint.answer(
        typeof response === 'number' ? response : { ...ACTIVE, ...TOKEN_CLAIMS, ...response },
      )
      const outcome = await getOutcome(token({ claims: { jti: 'one' } }), INTROSPECT)
      expect([outcome, ...failures()].join(' ')).toBe(expected)
    },
  )

  it('a guard introspects again at the next request after a response about another token, because this response is not cached', async () => {
    const { endpoint, getOutcome, token, events } = await issuing('jwt')
    endpoint.answer({ ...ACTIVE, ...TOKEN_CLAIMS, sub: 'user-eve' })
    const lenient: Requirements = { introspect: { maxAge: 60 } }
    const one = token()
    expect(await getOutcome(one, lenient)).toBe('503 introspection_unavailable')
    expect(events).toContainEqual({
      type: 'introspection_failed',
      issuer: endpoint.url,
      failure: 'another_token',
      detail: 'the response is not about the token that was sent: its sub differs',
      pause: 0,
      duration: 0,
    })
    expect(JSON.stringify(events)).not.toContain('user-eve')
    endpoint.answer({ ...ACTIVE, ...TOKEN_CLAIMS })
    expect(await getOutcome(one, lenient)).toBe('granted')
  })

  it('a guard with introspect accepts a response that lacks the client and the iat of the JWT', async () => {
    const strict = { allowedClients: ['reports-cron'], maxTokenAge: 600 }
    const { endpoint, getOutcome, token } = await issuing('jwt', { issuer: strict })
    endpoint.answer({ active: true })
    expect(await getOutcome(token(), INTROSPECT)).toBe('granted')
    endpoint.answer({ active: true, client_id: 'another' })
    expect(await getOutcome(token(), INTROSPECT)).toBe('503 introspection_unavailable')
  })

  it('a guard with introspect sends no introspection request for a token of an issuer that the guard does not allow', async () => {
    const { endpoint, clock } = await issuing('jwt')
    const other = createTestIssuer({ issuer: 'https://b.example.com', now: clock.seconds })
    const server = closing(
      createResourceServer({
        issuers: [
          { issuer: endpoint.url, audience: AUDIENCE, introspection: CREDENTIALS },
          { issuer: other.issuer, audience: AUDIENCE, jwks: other.jwks },
        ],
        clock,
      }),
    )
    const guard = server.guard({ ...INTROSPECT, issuer: endpoint.url })
    expect(summarizeOutcome(await guard(requestWith(other.token())))).toBe('403 wrong_issuer')
    expect(endpoint.requests).toEqual([])
  })

  it('guard() throws if an issuer has no introspection, or if introspect is malformed', () => {
    const introspected = { issuer: 'https://a.example.com', introspection: CREDENTIALS }
    const server = createResourceServer({
      issuers: [introspected, { issuer: 'https://b.example.com' }].map((one) => ({
        ...one,
        audience: AUDIENCE,
      })),
    })
    expect(() => server.guard(INTROSPECT)).toThrow(
      'introspect requires the option introspection of https://b.example.com. Set this option',
    )
    expect(() => server.guard({ ...INTROSPECT, issuer: introspected.issuer })).not.toThrow()
    for (const introspect of [
      'yes',
      'introspect',
      false,
      null,
      0,
      [],
      {},
      { maxAge: -1 },
      { maxAge: 3601 },
      { maxAge: NaN },
      { maxAge: '5' },
      { maxAge: 5, age: 5 },
      { introspect: { maxAge: 5 } },
    ]) {
      const guard = () => server.guard({ introspect, issuer: introspected.issuer } as never)
      expect(guard, JSON.stringify(introspect)).toThrow(ConfigurationError)
    }
    server.close()
  })
})

/** Returns a function that calls guards with the same request object, for tests of one request or of one open connection. */
function session(server: ResourceServer, token: string) {
  const request = { ...requestWith(token), raw: {} }
  const callGuard = async (requirements?: Requirements) =>
    summarizeOutcome(await (requirements ? server.guard(requirements) : server.guard())(request))
  return Object.assign(callGuard, { token })
}

function withoutValues(response: object): object {
  return Object.fromEntries(Object.keys(response).map((name) => [name, undefined]))
}

describe('options of introspection', () => {
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

  it('7662-05: createResourceServer accepts an introspection.endpoint with https, and http only on loopback or in allowInsecureHosts', () => {
    for (const endpoint of [
      'http://as.example.com/introspect',
      'https://a:b@as.example.com/introspect',
      'https://as.example.com/introspect#x',
      'as.example.com',
      7,
    ]) {
      expect(introspecting({ endpoint }), String(endpoint)).toEqual([
        'introspection.endpoint must be an https address without user name, password and fragment. http is accepted on loopback and for hosts in allowInsecureHosts.',
      ])
    }
    for (const endpoint of ['https://as.example.com/introspect', 'http://127.0.0.1:1/introspect'])
      expect(introspecting({ endpoint }), endpoint).toEqual([])
    const named = { allowInsecureHosts: ['as'] }
    expect(introspecting({ endpoint: 'http://as/introspect' }, named)).toEqual([])
  })

  it('createResourceServer rejects the token formats opaque and any if options are missing or conflict', () => {
    for (const tokenFormat of ['opaque', 'any'] as const) {
      expect(problems({ ...good, tokenFormat })).toEqual([
        `tokenFormat '${tokenFormat}' requires introspection: { clientId, clientAuthentication }.`,
      ])
      const issuer = 'https://as.example.com/{tenantid}'
      expect(introspecting({}, { tokenFormat, issuer, tenants: ['a'] })).toEqual([
        'introspection cannot be combined with tenants: remove tenants, and list each tenant in issuers.',
      ])
    }
    expect(introspecting({}, { tokenFormat: 'paper' })).toHaveLength(1)
    expect(introspecting({}, { tokenFormat: 'opaque', issuer: 'acme' })).toEqual([
      'issuer is not an https address, so its introspection endpoint cannot be discovered. Set introspection.endpoint.',
    ])
    const endpoint = 'https://as.example.com/introspect'
    expect(introspecting({ endpoint }, { tokenFormat: 'opaque', issuer: 'acme' })).toEqual([])
    expect(introspecting({ endpoint }, { tokenFormat: 'any', issuer: 'acme' })).toHaveLength(1)
    expect(
      introspecting({ endpoint, response: 'jwt' }, { tokenFormat: 'opaque', issuer: 'acme' }),
    ).toHaveLength(1)
  })

  it('createResourceServer accepts only one issuer of opaque tokens, because opaque tokens do not name their issuer', () => {
    const issuers = ['opaque', 'any', 'jwt'].map((tokenFormat) => ({
      issuer: `https://${tokenFormat}.example.com`,
      audience: AUDIENCE,
      tokenFormat,
      introspection: CREDENTIALS,
    }))
    expect(problems({ issuers })).toEqual([
      "issuers contains more than one issuer with tokenFormat 'opaque' or 'any': keep one. An opaque token does not name its issuer, so only one issuer can introspect it.",
    ])
    expect(problems({ issuers: issuers.slice(1) })).toEqual([])
  })

  it('createResourceServer accepts audience: null for introspected tokens only with tokenUse or a short maxTokenAge', () => {
    const audienceless = { audience: null, allowedClients: ['a'] }
    const noMark =
      'audience: null requires tokenUse, or a maxTokenAge of at most 3600 seconds. Introspection endpoints also report refresh tokens as active, so refresh tokens would be accepted.'
    const noKind = expect.stringContaining('Otherwise ID tokens are accepted') as string
    const tokenUse = { claim: 'use', value: 'access' }
    const introspected = (options: object) => introspecting({}, { ...audienceless, ...options })
    for (const marked of [{ tokenUse }, { maxTokenAge: 3600 }, { maxTokenAge: 60 }]) {
      expect(introspected({ ...marked, tokenFormat: 'opaque' })).toEqual([])
    }
    for (const unmarked of [{}, { maxTokenAge: 3601 }]) {
      expect(introspected({ ...unmarked, tokenFormat: 'opaque' })).toEqual([noMark])
      expect(introspected({ ...unmarked, tokenFormat: 'any' })).toEqual([noKind, noMark])
    }
    const strict = { jwtProfile: 'rfc9068', tokenFormat: 'any' }
    expect(introspected(strict)).toEqual([noMark])
    expect(introspected({ ...strict, maxTokenAge: 600 })).toEqual([])
    expect(introspected({ tokenUse, tokenFormat: 'any' })).toEqual([])
  })

  it('createResourceServer rejects introspection.audience: null without allowedClients, or without tokenUse and maxTokenAge', () => {
    const named = { tokenFormat: 'any', allowedClients: ['a'] }
    const withAudience = (audience: unknown, options: object) =>
      introspecting({ audience }, options)
    expect(withAudience(null, { ...named, maxTokenAge: 600 })).toEqual([])
    expect(withAudience(null, named)).toEqual([
      'introspection.audience: null requires tokenUse, or a maxTokenAge of at most 3600 seconds. Introspection endpoints also report refresh tokens as active, so refresh tokens would be accepted.',
    ])
    expect(withAudience(null, { tokenFormat: 'any', maxTokenAge: 600 })).toEqual([
      'introspection.audience: null requires allowedClients. Otherwise tokens for all other APIs are accepted.',
    ])
    expect(withAudience(null, { tokenFormat: 'jwt' })).toEqual([
      "introspection.audience: null has no effect with tokenFormat 'jwt': remove it. An introspection response for a JWT does not have to contain aud.",
    ])
    // With these options, JWTs have no audience, but introspection responses have an audience.
    const strict = { ...named, audience: null, jwtProfile: 'rfc9068' }
    expect(withAudience('https://api.example.com', strict)).toEqual([])
    for (const wrong of ['', [], [''], 7, {}]) expect(withAudience(wrong, named)).toHaveLength(1)
  })

  it.each<[string, Partial<Record<keyof IntrospectionOptions, unknown>>]>([
    ['probe: true', { probe: true }],
    ['probe as a string', { probe: 'a-token' }],
    ['an empty clientId', { clientId: '' }],
    ['an unknown response format', { response: 'xml' }],
    ['a symmetric algorithm', { algorithms: ['HS256'], response: 'jwt' }],
    ['no algorithms', { algorithms: [], response: 'jwt' }],
    ['algorithms without signed responses', { algorithms: ['ES256'] }],
    ['a tokenTypeHint other than access_token', { tokenTypeHint: 'refresh_token' }],
    ['a negative maxAge', { maxAge: -1 }],
    ['a maxAge of more than an hour', { maxAge: 3601 }],
    ['a negativeMaxAge of more than a minute', { negativeMaxAge: 61 }],
    ['an unknown option', { maxage: 5 } as object],
  ])('createResourceServer rejects introspection with %s', (_, introspection) => {
    expect(introspecting(introspection)).toHaveLength(1)
  })

  it('createResourceServer rejects introspection that is not an object', () => {
    expect(problems({ ...good, introspection: 'yes' })).toHaveLength(1)
  })

  it('createResourceServer rejects options that have no effect with tokenFormat: opaque', () => {
    const opaque = { tokenFormat: 'opaque' }
    const useless = {
      jwksUri: 'https://as.example.com/jwks',
      jwks: { keys: [generateKey('ES256').jwk] },
      secret: new Uint8Array(32),
      algorithms: ['ES256'],
    }
    for (const [name, value] of Object.entries(useless)) {
      expect(introspecting({}, { ...opaque, [name]: value })).toEqual([
        `${name} has no effect with tokenFormat 'opaque': remove it, or request signed responses with introspection.response: 'jwt'.`,
      ])
      const signed = introspecting({ response: 'jwt' }, { ...opaque, [name]: value })
      expect(signed, name).toEqual([])
      expect(introspecting({}, { tokenFormat: 'any', [name]: value }), name).toEqual([])
    }
    expect(introspecting({ response: 'jwt' }, { ...opaque, jwtProfile: 'rfc9068' })).toEqual([
      "jwtProfile has no effect with tokenFormat 'opaque': remove it.",
    ])
  })

  it('createResourceServer ignores options on Object.prototype', () => {
    const inherited = {
      endpoint: 'not an address',
      keyId: 7,
      scopeFormat: 'paper',
      maxEntries: -1,
    }
    Object.assign(Object.prototype, inherited)
    try {
      const clientAuthentication = { method: 'client_secret_basic', secret: 'a' }
      const issuer = {
        ...good,
        tokenFormat: 'opaque',
        introspection: { clientId: 'a', clientAuthentication },
      }
      expect(problems({ issuers: [issuer], tokenCache: {} })).toEqual([])
      const { settings } = readOptions({ issuers: [issuer] })
      const { issuers } = settings
      expect(issuers[0]!.introspection!.endpoint).toBeUndefined()
      const authentication = issuers[0]!.introspection!.clientAuthentication
      expect('keyId' in authentication).toBe(false)
    } finally {
      for (const name of Object.keys(inherited)) Reflect.deleteProperty(Object.prototype, name)
    }
  })
})

describe('ready with introspection', () => {
  it('ready() discovers the introspection endpoint, and fetches no keys for an issuer of opaque tokens', async () => {
    const { server, endpoint, getOutcome } = await setup(ACTIVE)
    await server.ready()
    expect(server.status().issuers).toEqual([
      { issuer: endpoint.url, keys: { state: 'unused' }, closed: false },
    ])
    const metadata = ['/.well-known/openid-configuration']
    expect(endpoint.otherPaths).toEqual(metadata)
    expect(await getOutcome('abc')).toBe('granted')
    expect(endpoint.otherPaths).toEqual(metadata)
  })

  it('ready() fetches nothing if introspection.endpoint is configured', async () => {
    const { server, endpoint } = await setup(ACTIVE, {
      introspection: { endpoint: 'https://as.example.com/introspect' },
    })
    await server.ready()
    expect(endpoint.otherPaths).toEqual([])
  })

  it('ready() rejects if the introspection endpoint is not in the metadata, and the error names the options to set', async () => {
    const { server, endpoint } = await setup(ACTIVE, {
      others: (url) => ({ '/.well-known/openid-configuration': { issuer: url } }),
    })
    const error: unknown = await server.ready().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(IntrospectionUnavailableError)
    expect(error).toMatchObject({
      code: 'bearward_introspection_unavailable',
      issuer: endpoint.url,
      message: `The introspection endpoint of ${endpoint.url} is unavailable: ${endpoint.url}/.well-known/openid-configuration: it has no introspection_endpoint (set introspection.endpoint). Check issuer, or set introspection.endpoint.`,
    })
  })
})
