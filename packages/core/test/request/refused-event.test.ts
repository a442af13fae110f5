import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { fc } from '../../../../test/support/property.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import {
  type BearwardEvent,
  createResourceServer,
  type RefusedEvent,
  type RequestLike,
  type Requirements,
} from '../../src/index.ts'

const issuer = createTestIssuer()

async function refuse(
  options: Record<string, unknown>,
  request: RequestLike,
  requirements: Requirements = { scope: 'admin' },
) {
  const events: BearwardEvent[] = []
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: issuer.jwks,
    ...options,
    onEvent: (event: BearwardEvent) => events.push(event),
  })
  const outcome = await server.authorize(request, requirements)
  expect(outcome.kind).toBe('refused')
  const event = events.at(-1) as RefusedEvent
  expect(event.type).toBe('refused')
  return { outcome, event, events }
}

const opaque = (answer: object) => ({
  tokenFormat: 'opaque',
  jwks: undefined,
  introspection: {
    clientId: 'api',
    clientAuthentication: { method: 'client_secret_basic', secret: 's' },
    endpoint: 'https://as.example.com/introspect',
  },
  fetch: async () => Response.json({ active: true, aud: AUDIENCE, scope: 'read', ...answer }),
})

describe('the event "refused"', () => {
  it.each([
    ['adfs', 'real-client'],
    ['keycloak', undefined],
    ['b2c', 'real-client'],
  ])(
    'the events "refused" and "verified" have the same clientId for an introspected token of provider %s',
    async (provider, client) => {
      const answer = { client_id: 'real-client', azp: 'other-azp', appid: 'other-appid' }
      const { event, events } = await refuse(
        { ...opaque(answer), provider },
        requestWith('opaque-token'),
      )
      expect(events[1]).toMatchObject({ type: 'verified', clientId: client })
      expect(event.clientId).toBe(client)
      expect(event.token?.scopes).toEqual(['read'])
    },
  )

  it('the event "refused" has no clientId if the introspection response has another iss', async () => {
    const answer = { iss: 'https://other.example.com', client_id: 'theirs' }
    const { event } = await refuse(opaque(answer), requestWith('opaque-token'))
    expect(event).toMatchObject({ reason: 'unknown_issuer', clientId: undefined })
    expect(event.token).toMatchObject({ isVerified: false })
  })

  it.each(['sub', 'email'])(
    'the event "refused" does not contain a client id or scopes that are read from %s',
    async (name) => {
      const token = issuer.token({ claims: { [name]: 'ada@example.com' } })
      const options = { clientIdClaim: name, scopeClaim: name }
      for (const requirements of [{ scope: 'admin' }, { clients: ['web'] }]) {
        const { event } = await refuse(options, requestWith(token), requirements)
        expect(JSON.stringify(event)).not.toContain('ada')
      }
    },
  )

  it.each([[['email', 'scopes']], [['identity', 'email']]])(
    'the event "refused" does not contain scopes that are read from the path %j',
    async (path) => {
      const claims = { email: { scopes: 'ada' }, identity: { email: 'ada' } }
      const token = issuer.token({ claims })
      const { event } = await refuse({ scopeClaim: path }, requestWith(token), { scope: 'admin' })
      expect(event.reason).toBe('insufficient_scope')
      expect(JSON.stringify(event)).not.toContain('ada')
    },
  )

  it('the event "refused" has the id and the route of a request, and is also published if reading them throws', async () => {
    const request = requestWith(issuer.token())
    const known = { ...request, id: 7, route: '/reports/:id' }
    expect((await refuse({}, known)).event).toMatchObject({
      requestId: '7',
      route: 'GET /reports/:id',
    })
    const identify = (raw: object) => ({ id: 'r', route: Object.keys(raw).length > 0 ? '/' : '' })
    expect((await refuse({}, { ...request, identify })).event).toMatchObject({
      requestId: 'r',
      route: 'GET /',
    })
    const throwing = {
      ...request,
      raw: {},
      identify() {
        throw new Error('no')
      },
    }
    expect((await refuse({}, throwing)).event).toMatchObject({ reason: 'insufficient_scope' })
  })

  it('the JSON of a refused outcome does not contain the explanation', async () => {
    const { outcome } = await refuse({}, requestWith(issuer.token()))
    expect(outcome).toMatchObject({ explanation: { check: 'scope', found: '"read"' } })
    expect(JSON.parse(JSON.stringify(outcome))).toEqual({
      kind: 'refused',
      reason: 'insufficient_scope',
      status: 403,
      headers: expect.anything() as object,
      body: expect.any(String) as string,
    })
  })

  it('the event "refused" marks content of an unverified token as claimed', async () => {
    const claims = { cnf: { 'made-up': 1 } }
    const unreachable = {
      ...opaque({}),
      tokenFormat: 'any',
      jwksUri: 'https://as.example.com/jwks',
    }
    const options = { ...unreachable, fetch: () => Promise.reject(new TypeError('fetch failed')) }
    const { event } = await refuse(options, requestWith(issuer.token({ claims })))
    expect(event).toMatchObject({ found: 'claimed the cnf member made-up' })
  })

  it('the event "refused" is published with advice for any header parameters and claims', async () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom({}, [], [{}], [null], { toString: 1 }))
    const names = [
      'iss',
      'aud',
      'typ',
      'scope',
      'exp',
      'nbf',
      'iat',
      'realm_access',
      'groups',
      'cnf',
    ]
    const claims = fc.dictionary(fc.constantFrom(...names), value)
    const header = fc.dictionary(fc.constantFrom('alg', 'typ', 'kid', 'nonce', 'crit'), value)
    await fc.assert(
      fc.asyncProperty(claims, header, async (changed, headerMembers) => {
        const token = issuer.token({ claims: { exp: 1, ...changed }, header: headerMembers })
        const { event } = await refuse({}, requestWith(token))
        expect(event.advice.length).toBeGreaterThan(20)
      }),
    )
  })

  it('the event "refused" has fewer than 2000 characters if its member expected is not counted, and expected has fewer than 200 characters for 2000 clients', async () => {
    const many = Array.from({ length: 2000 }, (_, i) => `client-number-${i}`)
    for (const requirements of [{ clients: many }, { scope: many }]) {
      const request = requestWith(
        issuer.token({ claims: { aud: [AUDIENCE, ...many.slice(0, 500)] } }),
      )
      const { event } = await refuse({}, request, requirements)
      expect(JSON.stringify({ ...event, expected: '' }).length).toBeLessThan(2000)
      if ('clients' in requirements) expect(event.expected.length).toBeLessThan(200)
    }
  })
})
