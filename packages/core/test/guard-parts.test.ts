import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { requestWith } from '../../../test/support/requests.ts'
import { defineAdapter, getUnmetGuard } from '../src/adapter.ts'
import { getAdapterParts } from '../src/adapter-parts.ts'
import { getGuardParts } from '../src/guard-parts.ts'
import {
  createResourceServer,
  type BearwardEvent,
  type RequestLike,
  type Requirements,
} from '../src/index.ts'
import { toApiKeyToken } from '../src/token/api-key-token.ts'
import { getProblemsOf } from './support/get-problems.ts'

const OTHER = 'https://other.example.com'
const clock = fakeClock()
const issuer = createTestIssuer({ now: clock.seconds })
const other = createTestIssuer({ issuer: OTHER, now: clock.seconds })

const OPTIONS = {
  issuer: ISSUER,
  audience: AUDIENCE,
  jwks: issuer.jwks,
  clock,
  logger: false,
} as const

const introspection = {
  clientId: 'api',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a secret' },
  endpoint: 'https://as.example.com/introspect',
} as const

function createParts(changes: object = {}) {
  return getGuardParts(createResourceServer({ ...OPTIONS, ...changes }))!
}

/** A request of the framework of the adapter. */
type Raw = Pick<RequestLike, 'headers'>

/** Creates the result of `createBearward` of an adapter. */
const create = (changes: object = {}) =>
  defineAdapter<[Raw], string>({
    framework: 'own',
    toRequest: ({ headers }) => ({ method: 'GET', url: '/own', headers }),
    grant() {},
    proceed: () => 'next',
    setHeaders() {},
    respond: () => 'response',
    fail: () => 'error',
    environment: {},
  }).createBearward({ ...OPTIONS, ...changes })

describe('getGuardParts', () => {
  it('getGuardParts returns the parts of a resource server, of a result of createBearward, and of their copies', () => {
    const server = createResourceServer(OPTIONS)
    const bearward = create()
    const { close } = bearward
    for (const each of [server, { ...server }, bearward, { ...bearward }, { close }])
      expect(getGuardParts(each)?.clock).toBeDefined()
  })

  it('getGuardParts returns undefined for other objects', () => {
    expect(getGuardParts({ close() {} })).toBeUndefined()
    expect(getGuardParts({} as never)).toBeUndefined()
  })

  it('getGuardParts returns the option resource, or undefined', () => {
    expect(createParts().resource).toBeUndefined()
    const resource = 'https://api.example.com/v1'
    expect(createParts({ audience: undefined, resource }).resource).toBe(resource)
  })

  it('acceptsOpaqueTokens is true if an issuer can have opaque tokens', () => {
    expect(createParts().acceptsOpaqueTokens).toBe(false)
    const opaque = { issuer: OTHER, audience: AUDIENCE, tokenFormat: 'opaque', introspection }
    const jwt = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks }
    const issuers = (...all: readonly object[]) =>
      createParts({ issuer: undefined, audience: undefined, jwks: undefined, issuers: all })
    expect(issuers(jwt, opaque).acceptsOpaqueTokens).toBe(true)
    expect(issuers(jwt, { ...opaque, tokenFormat: 'any' }).acceptsOpaqueTokens).toBe(true)
    expect(issuers(jwt).acceptsOpaqueTokens).toBe(false)
  })

  it('getIntrospectionAge returns the maxAge of an issuer, and 0 for other issuers', () => {
    const parts = createParts({ introspection: { ...introspection, maxAge: 30 } })
    expect(parts.getIntrospectionAge(ISSUER)).toBe(30)
    expect(parts.getIntrospectionAge(OTHER)).toBe(0)
    expect(createParts().getIntrospectionAge(ISSUER)).toBe(0)
  })

  it('readRequirements reports wrong requirements, and with isAdditional: true requires no restriction for a public platform', () => {
    const parts = createParts()
    expect(
      getProblemsOf(() => parts.readRequirements({ scopes: 'a' }, { isAdditional: true })),
    ).toEqual(['scopes is not a requirement. Did you mean scope?'])
    const actions = createParts({
      issuer: 'https://token.actions.githubusercontent.com',
      provider: 'github-actions',
    })
    const problems = (isAdditional: boolean) =>
      getProblemsOf(() => actions.readRequirements({}, { isAdditional }))
    expect(problems(true)).toEqual([])
    expect(problems(false)[0]).toContain('The guard does not restrict callers')
  })
})

describe('meets', () => {
  const events: BearwardEvent[] = []
  const parts = createParts({
    machineSubject: 'client_id',
    onEvent: (event: BearwardEvent) => events.push(event),
  })
  const read = (requirements: Requirements) =>
    parts.readRequirements(requirements, { isAdditional: true })

  async function verify(claims: object = {}) {
    const outcome = await parts.verify(issuer.token({ claims: { ...claims } }))
    if (outcome.kind !== 'granted') throw new TypeError(outcome.reason)
    return outcome.token
  }

  it.each<[expected: boolean, requirements: Requirements]>([
    [true, {}],
    [true, { scope: 'read' }],
    [false, { scope: 'read admin' }],
    [true, { subject: 'machine' }],
    [false, { subject: 'user' }],
    [true, { issuer: ISSUER }],
    [true, { clients: ['reports-cron'] }],
    [false, { clients: ['web'] }],
    [false, { acr: 'mfa' }],
    [true, { claims: [{ claim: 'tenant', equals: 'a' }] }],
    [false, { claims: [{ claim: 'tenant', equals: 'b' }] }],
  ])('meets returns %s for the requirements %j', async (expected, requirements) => {
    expect(parts.meets(await verify({ tenant: 'a' }), read(requirements))).toBe(expected)
  })

  it('meets does not call check, does not introspect, and publishes no event', async () => {
    const token = await verify()
    const check = () => {
      throw new Error('not expected')
    }
    events.length = 0
    expect(parts.meets(token, read({ check }))).toBe(true)
    expect(parts.meets(token, read({ scope: 'admin' }))).toBe(false)
    expect(events.filter(({ type }) => type !== 'verified')).toEqual([])
    const remote = createParts({ introspection, fetch: check })
    const checked = remote.readRequirements({ introspect: true }, { isAdditional: true })
    expect(remote.meets(token, checked)).toBe(true)
  })

  it('meets returns false for a token of an issuer that this resource server does not trust', async () => {
    const others = createParts({ issuer: OTHER, jwks: other.jwks })
    const outcome = await others.verify(other.token())
    if (outcome.kind !== 'granted') throw new TypeError(outcome.reason)
    expect(others.meets(outcome.token, read({}))).toBe(true)
    expect(parts.meets(outcome.token, read({}))).toBe(false)
  })

  it('meets returns false for a token whose issuer is not the required one', async () => {
    const both = createParts({
      issuer: undefined,
      audience: undefined,
      jwks: undefined,
      issuers: [
        { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks },
        { issuer: OTHER, audience: AUDIENCE, jwks: other.jwks },
      ],
    })
    const onlyOther = both.readRequirements({ issuer: OTHER }, { isAdditional: true })
    expect(both.meets(await verify(), onlyOther)).toBe(false)
    const outcome = await both.verify(other.token())
    expect(outcome.kind === 'granted' && both.meets(outcome.token, onlyOther)).toBe(true)
  })

  it('meets returns false for a token of a dynamic issuer of a public platform, unless the requirements restrict the callers', async () => {
    const github = createTestIssuer({
      issuer: 'https://token.actions.githubusercontent.com',
      now: clock.seconds,
    })
    const dynamic = createParts({
      issuer: undefined,
      audience: undefined,
      jwks: undefined,
      issuers: {
        match: (iss: string) => iss === github.issuer,
        resolve: (iss: string) => ({
          issuer: iss,
          audience: AUDIENCE,
          jwks: github.jwks,
          provider: 'github-actions',
        }),
      },
    })
    const claims = {
      sub: 'repo:acme/reports:ref:refs/heads/main',
      client_id: undefined,
      scope: undefined,
      repository: 'acme/reports',
      repository_id: '74',
      repository_owner: 'acme',
      ref: 'refs/heads/main',
      run_id: '1',
    }
    const outcome = await dynamic.verify(github.token({ header: { typ: 'JWT' }, claims }))
    if (outcome.kind !== 'granted') throw new TypeError(outcome.reason)
    const meets = (requirements: Requirements, isAdditional: boolean) =>
      dynamic.meets(outcome.token, dynamic.readRequirements(requirements, { isAdditional }))
    const restricted = { claims: [{ claim: 'repository', equals: 'acme/reports' }] }
    expect(meets({}, false)).toBe(false)
    expect(meets(restricted, false)).toBe(true)
    expect(meets({ claims: [{ claim: 'repository', equals: 'acme/other' }] }, false)).toBe(false)
  })

  it('meets returns whether the owner of an API key meets the requirements, and false if they need an issuer', () => {
    const key = toApiKeyToken({
      scopes: ['read'],
      subject: { kind: 'machine', id: 'cron' },
      claims: { acr: 'mfa', auth_time: clock.seconds() },
    })
    expect(parts.meets(key, read({ scope: 'read', subject: 'machine' }))).toBe(true)
    expect(parts.meets(key, read({ scope: 'admin' }))).toBe(false)
    expect(parts.meets(key, read({ issuer: ISSUER }))).toBe(false)
    expect(parts.meets(key, read({ acr: 'mfa' }))).toBe(false)
    expect(parts.meets(key, read({ maxAuthAge: 300 }))).toBe(false)
  })

  it('meets compares maxAuthAge with the clock of the resource server', async () => {
    const token = await verify({ sub: 'alice', auth_time: clock.seconds() })
    const fresh = read({ maxAuthAge: 60 })
    expect(parts.meets(token, fresh)).toBe(true)
    clock.advance(100)
    expect(parts.meets(token, fresh)).toBe(false)
  })
})

describe('getAdapterParts', () => {
  it('getAdapterParts returns the definition of the adapter, for the result of createBearward and for its copies', () => {
    const bearward = create()
    for (const each of [bearward, { ...bearward }, { close: bearward.close }]) {
      const parts = getAdapterParts(each)!
      expect(parts.definition.framework).toBe('own')
      const raw = { headers: {} }
      expect(parts.toRequestLike(raw as never)).toMatchObject({ method: 'GET', url: '/own', raw })
    }
  })

  it('getAdapterParts returns undefined for a resource server and for other objects', () => {
    expect(getAdapterParts(createResourceServer(OPTIONS))).toBeUndefined()
    expect(getAdapterParts({ close() {} })).toBeUndefined()
  })

  it('a guard that is built from the parts of the server and of the adapter uses the verification of another guard of the request', async () => {
    const events: BearwardEvent[] = []
    const bearward = create({ onEvent: (event: BearwardEvent) => events.push(event) })
    const { toRequestLike } = getAdapterParts(bearward)!
    const { beginGuard, readRequirements } = getGuardParts(bearward)!
    const raw = requestWith(issuer.token())
    expect(await bearward.requireToken({})(raw)).toBe('next')
    const session = beginGuard(toRequestLike(raw as never))
    const { outcome } = await session.check(readRequirements({}, { isAdditional: true }))
    expect(outcome.kind).toBe('granted')
    expect(events.map(({ type }) => type)).toEqual(['verified'])
    expect(getUnmetGuard(raw)).toBe('pending')
  })
})
