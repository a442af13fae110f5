import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import {
  boundTo,
  createProof,
  generateProofKey,
  hashText,
  proving,
} from '../../../../test/support/proofs.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { getUnmetGuard } from '../../src/adapter.ts'
import { getGuardParts } from '../../src/guard-parts.ts'
import {
  type BearwardEvent,
  createResourceServer,
  getToken,
  type Outcome,
  type RequestLike,
  type Requirements,
  type ResourceServerOptions,
} from '../../src/index.ts'
import { Rejection } from '../../src/response/rejection.ts'
import { toApiKeyToken } from '../../src/token/api-key-token.ts'

const ORIGIN = 'https://api.example.com'
const METADATA = `${ORIGIN}/.well-known/oauth-protected-resource/v1`

/** Creates a resource server with metadata. `begin` creates a guard for a request, and `read` reads requirements. */
function setup(options: Partial<ResourceServerOptions> = {}) {
  const clock = fakeClock()
  const issuer = createTestIssuer({ now: clock.seconds })
  const events: BearwardEvent[] = []
  const server = createResourceServer({
    issuer: ISSUER,
    resource: AUDIENCE,
    metadata: {},
    jwks: issuer.jwks,
    clock,
    onEvent: (event: BearwardEvent) => events.push(event),
    ...options,
  } as ResourceServerOptions)
  server.metadata()
  const tools = getGuardParts(server)!
  const read = (requirements: Requirements) =>
    tools.readRequirements(requirements, { isAdditional: true })
  const count = (type: BearwardEvent['type']) =>
    events.filter((event) => event.type === type).length
  return { clock, issuer, events, server, begin: tools.beginGuard, read, count }
}

/** Returns `granted`, or the status and the reason of a refusal. */
function summarize(outcome: Outcome): string {
  return outcome.kind === 'refused' ? `${outcome.status} ${outcome.reason}` : outcome.kind
}

const { begin, read, issuer } = setup({ machineSubject: 'client_id' })
const FLOOR = read({ scope: 'read' })
const ADMIN = read({ scope: 'admin' })
const NOT_LISTED = new Rejection('unlisted_operation', {
  check: 'body',
  expected: 'a listed operation',
  found: 'another operation',
})
const NOT_GRANTED = /^auth\(\.\.\.\) was called before a guard granted the request/
const ANONYMOUS = /^auth\(\.\.\.\) was called for an anonymous caller/

describe('a guard that checks a request in several stages', () => {
  it('a staged guard is pending until finish() is called, and auth() throws until then', async () => {
    const request = requestWith(issuer.token())
    expect(getUnmetGuard(request)).toBeUndefined()
    const session = begin(request)
    expect(getUnmetGuard(request)).toBe('pending')
    const { outcome } = await session.check(FLOOR)
    if (outcome.kind !== 'granted') throw new TypeError(outcome.kind)
    expect(getUnmetGuard(request)).toBe('pending')
    expect(() => getToken(request)).toThrow(NOT_GRANTED)
    expect(session.finish(outcome)).toBe(outcome)
    expect(getUnmetGuard(request)).toBeUndefined()
    expect(getToken(request)).toBe(outcome.token)
  })

  it('a staged guard lets an anonymous request pass after finish(), and auth() still throws', async () => {
    const request: RequestLike = { method: 'POST', url: '/', headers: {} }
    const session = begin(request)
    const { outcome, presented, hashToken } = await session.check({ ...FLOOR, optional: true })
    expect([outcome.kind, presented, hashToken]).toEqual(['anonymous', undefined, undefined])
    expect(getUnmetGuard(request)).toBe('pending')
    session.finish({ kind: 'anonymous', headers: {} })
    expect(getUnmetGuard(request)).toBeUndefined()
    expect(() => getToken(request)).toThrow(ANONYMOUS)
  })

  it.each<[what: string, refuse: (session: ReturnType<typeof begin>) => unknown]>([
    ['check', (session) => session.check(ADMIN)],
    ['refuse', (session) => session.refuse(NOT_LISTED, FLOOR)],
    ['refuseApiKey', (session) => session.refuseApiKey(NOT_LISTED, FLOOR)],
    ['checkApiKey', (session) => session.checkApiKey(toApiKeyToken({}), FLOOR)],
  ])('a staged guard records a refusal by %s(), and auth() throws', async (_what, refuse) => {
    const request = requestWith(issuer.token())
    const session = begin(request)
    await refuse(session)
    expect(getUnmetGuard(request)).toBe('refused')
    expect(() => getToken(request)).toThrow(NOT_GRANTED)
  })

  it('a staged guard records a refusal in the second stage after a grant in the first stage', async () => {
    const request = requestWith(issuer.token())
    const session = begin(request)
    expect(summarize((await session.check(FLOOR)).outcome)).toBe('granted')
    expect(summarize((await session.check(ADMIN)).outcome)).toBe('403 insufficient_scope')
    expect(getUnmetGuard(request)).toBe('refused')
  })

  it('refuse() of a guard with several stages publishes an event with the client and the token of an earlier stage', async () => {
    const other = setup()
    const session = other.begin(requestWith(other.issuer.token()))
    await session.check(FLOOR)
    session.refuse(NOT_LISTED, FLOOR)
    expect(other.events.filter(({ type }) => type === 'refused')).toEqual([
      expect.objectContaining({
        reason: 'unlisted_operation',
        issuer: ISSUER,
        clientId: 'reports-cron',
        token: expect.objectContaining({ isVerified: true, aud: AUDIENCE }) as object,
      }),
    ])
  })

  it('a staged guard stays pending if a stage throws', async () => {
    const failure = new Error('The database is down.')
    const fail = () => {
      throw failure
    }
    const request = requestWith(issuer.token())
    const session = begin(request)
    await expect(async () => session.check(read({ check: fail }))).rejects.toBe(failure)
    expect(getUnmetGuard(request)).toBe('pending')
    const other = setup({ errorBody: fail })
    const refused = requestWith(other.issuer.token())
    expect(() => other.begin(refused).refuse(NOT_LISTED, FLOOR)).toThrow(failure)
    expect(getUnmetGuard(refused)).toBe('pending')
    expect(other.count('refused')).toBe(0)
  })

  it('a staged guard throws for a request that is not an object', () => {
    for (const request of [undefined, null, 'GET /'])
      expect(() => begin(request as never)).toThrow('Pass a request to a guard')
  })

  it('check of a staged guard returns the token as it was sent, and the hash of this token', async () => {
    const token = issuer.token()
    const { presented, hashToken } = await begin(requestWith(token)).check(FLOOR)
    expect(presented).toBe(token)
    expect(await hashToken!()).toBe(hashText(token))
    const refused = await begin(requestWith(token)).check(ADMIN)
    expect(refused).toMatchObject({ presented: undefined, hashToken: undefined })
  })

  it('two stages of a guard publish the event "verified" once, and the event "refused" once', async () => {
    const own = setup()
    const session = own.begin(requestWith(own.issuer.token()))
    await session.check(own.read({ scope: 'read' }))
    await session.check(own.read({ scope: 'read admin' }))
    expect(own.events.map(({ type }) => type)).toEqual(['verified', 'refused'])
    expect(own.events[1]).toMatchObject({
      reason: 'insufficient_scope',
      guard: '{ scope: "read admin" }',
    })
  })

  it('two stages of a guard use the proof of a bound token once, and a second request with this proof is refused', async () => {
    const uses: string[] = []
    const known = new Set<string>()
    const own = setup({
      publicUrl: ORIGIN,
      dpop: {
        replay: {
          async firstUse({ id }) {
            uses.push(id)
            const isFirst = !known.has(id)
            known.add(id)
            return isFirst
          },
        },
      },
    })
    const key = generateProofKey()
    const token = own.issuer.token({ claims: boundTo(key) })
    const subject = { key, token, method: 'POST', url: `${ORIGIN}/`, now: own.clock.seconds() }
    const proof = createProof(subject)
    const send = () => proving(token, proof, { method: 'POST' })
    const session = own.begin(send())
    for (const scope of ['read', 'read', 'read']) {
      const { outcome } = await session.check(own.read({ scope }))
      expect(outcome).toMatchObject({ kind: 'granted', token: { bindings: ['dpop'] } })
    }
    expect(uses).toHaveLength(1)
    const second = await own.begin(send()).check(own.read({}))
    expect(summarize(second.outcome)).toBe('401 proof_used')
  })

  it('a stage refuses a token that lacks the required scope with 403, even if the proof of the token is valid', async () => {
    const own = setup({ publicUrl: ORIGIN, dpop: { replay: { firstUse: async () => true } } })
    const key = generateProofKey()
    const token = own.issuer.token({ claims: boundTo(key) })
    const subject = { key, token, method: 'POST', url: `${ORIGIN}/`, now: own.clock.seconds() }
    const request = proving(token, createProof(subject), { method: 'POST' })
    const { outcome } = await own.begin(request).check(own.read({ scope: 'admin' }))
    expect(summarize(outcome)).toBe('403 insufficient_scope')
  })

  it('the second stage of a guard refuses a token whose key was distrusted after the first stage', async () => {
    const own = setup()
    const session = own.begin(requestWith(own.issuer.token()))
    expect(summarize((await session.check(own.read({}))).outcome)).toBe('granted')
    const thumbprint = await calculateJwkThumbprint(own.issuer.jwks.keys[0]!)
    own.server.distrustKey({ issuer: ISSUER, thumbprint })
    const { outcome } = await session.check(own.read({}))
    expect(outcome).toMatchObject({ kind: 'refused', status: 401 })
  })

  it('the second stage of a guard refuses a token that has expired after the first stage', async () => {
    const own = setup()
    const session = own.begin(requestWith(own.issuer.token()))
    expect(summarize((await session.check(own.read({}))).outcome)).toBe('granted')
    own.clock.advance(1000)
    expect(summarize((await session.check(own.read({}))).outcome)).toBe('401 expired')
  })

  it('the second stage of a guard calls revoked() again after one second', async () => {
    let isRevoked = false
    const own = setup({ revoked: () => isRevoked })
    const session = own.begin(requestWith(own.issuer.token()))
    expect(summarize((await session.check(own.read({}))).outcome)).toBe('granted')
    isRevoked = true
    own.clock.advance(2)
    expect(summarize((await session.check(own.read({}))).outcome)).toBe('401 revoked')
  })

  it('readCredentials of a staged guard returns the credentials of the request, and does not check them', () => {
    const request: RequestLike = {
      method: 'POST',
      url: '/',
      headers: { authorization: 'Bearer sk_1' },
    }
    const session = begin(request)
    expect(session.readCredentials()).toEqual({ scheme: 'Bearer', token: 'sk_1' })
    expect(getUnmetGuard(request)).toBe('pending')
    const without = begin({ method: 'POST', url: '/', headers: {} }).readCredentials()
    expect(without).toMatchObject({ reason: 'no_credentials' })
  })
})

describe('refuse', () => {
  const readBody = (outcome: Outcome) =>
    outcome.kind === 'refused' ? (JSON.parse(outcome.body) as unknown) : undefined

  it('refuse of a staged guard responds with the status of the reason, and names the scope for a 401, but not for unlisted_operation', () => {
    const forbidden = begin(requestWith(issuer.token())).refuse(NOT_LISTED, FLOOR)
    expect(summarize(forbidden)).toBe('403 unlisted_operation')
    expect(forbidden.headers['WWW-Authenticate']).toBe(
      `Bearer realm="api", resource_metadata="${METADATA}"`,
    )
    const explanation = { check: 'Authorization', expected: 'a token', found: 'nothing' }
    const missing = new Rejection('no_credentials', explanation)
    const unauthorized = begin(requestWith(issuer.token())).refuse(missing, FLOOR)
    expect(unauthorized.headers['WWW-Authenticate']).toContain('scope="read"')
  })

  it('refuse and refuseApiKey of a staged guard send a given body unchanged, and do not call errorBody for this body', () => {
    let calls = 0
    const own = setup({
      errorBody: () => {
        calls += 1
        return { body: { own: true }, contentType: 'application/problem+json' }
      },
    })
    const request = () => requestWith(own.issuer.token())
    const body = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}'
    const prescribed = own.begin(request()).refuse(NOT_LISTED, FLOOR, body)
    expect(prescribed.body).toBe(body)
    expect(prescribed.headers['Content-Type']).toBe('application/json')
    expect(calls).toBe(0)
    const usual = own.begin(request()).refuse(NOT_LISTED, FLOOR)
    expect(readBody(usual)).toEqual({ own: true })
    expect(calls).toBe(1)
    const ofKey = own.begin(request()).refuseApiKey(NOT_LISTED, FLOOR, body)
    expect(ofKey.body).toBe(body)
  })
})

describe('checkApiKey', () => {
  const request = (): RequestLike => ({ method: 'POST', url: '/', headers: {} })
  const key = toApiKeyToken({
    subject: { kind: 'machine', id: 'cron' },
    scopes: ['read', 'write'],
    clientId: 'cron',
    claims: { tenant: 'a', auth_time: 1_900_000_000, acr: 'mfa' },
  })

  it.each<[requirements: Requirements, expected: string]>([
    [{}, 'granted'],
    [{ scope: 'read write' }, 'granted'],
    [{ scope: { any: ['admin', 'read'] } }, 'granted'],
    [{ scope: 'admin' }, '403 insufficient_scope'],
    [{ subject: 'machine' }, 'granted'],
    [{ subject: 'user' }, '403 wrong_subject'],
    [{ claims: [{ claim: 'tenant', equals: 'a' }] }, 'granted'],
    [{ claims: [{ claim: 'tenant', equals: 'b' }] }, '403 wrong_claim'],
    [{ check: ({ clientId }) => clientId === 'cron' }, 'granted'],
    [{ check: () => false }, '403 check_failed'],
    [{ issuer: ISSUER }, '403 api_key_not_sufficient'],
    [{ acr: 'mfa' }, '403 api_key_not_sufficient'],
    [{ maxAuthAge: 300 }, '403 api_key_not_sufficient'],
    [{ acr: 'mfa', scope: 'admin' }, '403 api_key_not_sufficient'],
  ])('checkApiKey with the requirements %o returns %s', async (requirements, expected) => {
    expect(summarize(await begin(request()).checkApiKey(key, read(requirements)))).toBe(expected)
  })

  it('checkApiKey calls check with the token of the key and the request of the framework', async () => {
    const seen: unknown[] = []
    const raw = {}
    const check = (...given: unknown[]) => seen.push(...given) > 0
    const outcome = await begin({ ...request(), raw }).checkApiKey(key, read({ check }))
    expect(outcome).toMatchObject({ kind: 'granted', headers: {} })
    expect(seen[0]).toBe(key)
    expect(seen[1]).toBe(raw)
  })

  it('the challenge of a refused API key contains only the scheme Bearer, and no address of metadata', async () => {
    const own = setup({ publicUrl: ORIGIN, dpop: { replay: { firstUse: async () => true } } })
    const refused = await own.begin(request()).checkApiKey(key, own.read({ scope: 'admin' }))
    if (refused.kind !== 'refused') throw new TypeError(refused.kind)
    expect(refused.headers['WWW-Authenticate']).toBe(
      'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope.", scope="admin"',
    )
    const explanation = { check: 'API key', expected: 'a known key', found: 'an unknown key' }
    const invalid = new Rejection('invalid_api_key', explanation)
    const other = own.begin(request()).refuseApiKey(invalid, own.read({ scope: 'read' }))
    expect(other.headers['WWW-Authenticate']).toMatch(/^Bearer realm="api", .*scope="read"$/)
    expect(other.headers['WWW-Authenticate']).not.toContain('resource_metadata')
  })

  it('checkApiKey publishes only the event "refused" if it refuses an API key', async () => {
    const own = setup()
    await own.begin(request()).checkApiKey(key, own.read({ scope: 'admin' }))
    expect(own.events).toHaveLength(1)
    expect(own.events[0]).toMatchObject({ type: 'refused', reason: 'insufficient_scope' })
  })
})
