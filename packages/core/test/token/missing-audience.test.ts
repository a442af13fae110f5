import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { type BearwardEvent, createResourceServer, type Outcome } from '../../src/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { ADVISOR } from '../../src/advice/advisor.ts'
import { toLogLine } from '../../src/log/log-line.ts'

const DAY = '2027-02-01'
/** Two hours before the day begins in UTC. */
const START = Date.parse(`${DAY}T00:00:00Z`) / 1000 - 7200

const INTROSPECTION = {
  tokenFormat: 'opaque',
  tokenUse: { claim: 'token_use', value: 'access' },
  jwks: undefined,
  introspection: {
    endpoint: `${ISSUER}/introspect`,
    clientId: 'api',
    clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
    maxAge: 3600,
  },
} as const

function setup(options: object = {}) {
  const clock = fakeClock(START)
  const issuer = createTestIssuer({ now: clock.seconds, lifetime: 86_400 })
  const events: BearwardEvent[] = []
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: issuer.jwks,
    audienceRequiredFrom: DAY,
    clock,
    onEvent: (event: BearwardEvent) => events.push(event),
    ...options,
  })
  const tokenOf = (clientId: string | undefined, claims: object = {}) =>
    issuer.token({ claims: { aud: undefined, client_id: clientId, ...claims } })
  const guard = server.guard()
  return {
    clock,
    server,
    tokenOf,
    decide: (token: string) => guard(requestWith(token)),
    getMissing: () => events.filter(({ type }) => type === 'audience_missing'),
  }
}

/** Returns the reason of a refusal, or the kind of another outcome. */
function show(outcome: Outcome): string {
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind
}

describe('audienceRequiredFrom', () => {
  it('a guard publishes audience_missing once an hour for each client, even if the token is cached', () => {
    const { clock, decide, tokenOf, getMissing } = setup({ audienceRequiredFrom: '2028-01-01' })
    const [cron, web] = [tokenOf('cron'), tokenOf('web')]
    for (const token of [cron, web, cron, tokenOf('cron', { jti: 'another' }), web])
      expect(show(decide(token) as Outcome)).toBe('granted')
    const event = { type: 'audience_missing', issuer: ISSUER, requiredFrom: '2028-01-01' }
    const both = [
      { ...event, clientId: 'cron' },
      { ...event, clientId: 'web' },
    ]
    expect(getMissing()).toEqual(both)
    clock.advance(3599)
    void decide(cron)
    expect(getMissing()).toEqual(both)
    clock.advance(1)
    void decide(cron)
    void decide(cron)
    expect(getMissing()).toEqual([...both, both[0]])
  })

  it('a guard publishes audience_missing again after an hour, even if the wall clock is set back', () => {
    const { clock, decide, tokenOf, getMissing } = setup({ audienceRequiredFrom: '2028-01-01' })
    const token = tokenOf('cron', { iat: undefined })
    expect(decide(token)).toMatchObject({ kind: 'granted' })
    clock.jump(-7200)
    expect(decide(token)).toMatchObject({ kind: 'granted' })
    expect(getMissing()).toHaveLength(1)
    clock.advance(3600)
    expect(decide(token)).toMatchObject({ kind: 'granted' })
    expect(getMissing()).toHaveLength(2)
  })

  it('the event audience_missing has no client id if the token names no client', () => {
    const { decide, tokenOf, getMissing } = setup()
    void decide(tokenOf(undefined, { sub: 'a-user-of-the-app' }))
    void decide(tokenOf(undefined, { sub: 'another-user-of-it' }))
    expect(getMissing()).toEqual([
      { type: 'audience_missing', issuer: ISSUER, clientId: undefined, requiredFrom: DAY },
    ])
    expect(toLogLine(getMissing()[0]!, ADVISOR)).toMatchObject({
      level: 'warn',
      text: `[bearward] audience_missing: Tokens of ${ISSUER} without aud are accepted, and will be refused from ${DAY} on. At the authorization server: write the identifier of this API into aud.`,
    })
  })

  it('the log line of audience_missing names the client', () => {
    const { decide, tokenOf, getMissing } = setup()
    void decide(tokenOf('reports-cron'))
    expect(toLogLine(getMissing()[0]!, ADVISOR)!.text).toContain(
      `Tokens of ${ISSUER} without aud are accepted (client "reports-cron"), and`,
    )
  })

  it('a guard does not publish audience_missing for a token with aud, or for a refused token', () => {
    const { decide, tokenOf, getMissing } = setup()
    for (const aud of [AUDIENCE, [AUDIENCE, 'x']]) void decide(tokenOf('cron', { aud }))
    for (const claims of [{ aud: 'other' }, { exp: 1 }, { aud: ['other'] }])
      expect(decide(tokenOf('cron', claims))).toMatchObject({ kind: 'refused' })
    expect(getMissing()).toEqual([])
    expect(setup({ audienceRequiredFrom: undefined }).getMissing()).toEqual([])
  })

  it('audience_missing is published again for a client within the hour if 1000 other clients were reported in between', () => {
    expect(LIMITS.reportedClients).toBe(1000)
    const { decide, tokenOf, getMissing } = setup()
    const tokens = Array.from({ length: 1001 }, (_, i) => tokenOf(`client-${i}`))
    for (const token of tokens) void decide(token)
    expect(getMissing()).toHaveLength(1001)
    // At least one client was evicted, so the next token of this client is reported again.
    for (const token of tokens) void decide(token)
    expect(getMissing().length).toBeGreaterThan(1001)
  })

  it('a token without aud is granted before the day of audienceRequiredFrom begins in UTC, and is refused afterwards, even if it is cached', () => {
    const { clock, decide, tokenOf } = setup()
    const token = tokenOf('cron')
    expect(decide(token)).toMatchObject({ kind: 'granted', token: { audience: [] } })
    clock.advance(7199.5)
    expect(decide(token)).toMatchObject({ kind: 'granted' })
    clock.advance(0.5)
    expect(decide(token)).toMatchObject({
      reason: 'wrong_audience',
      status: 401,
      explanation: {
        check: 'aud',
        expected: 'an audience, because the date audienceRequiredFrom has passed',
        found: 'nothing',
      },
    })
    expect(decide(tokenOf('cron', { jti: 'new' }))).toMatchObject({ reason: 'wrong_audience' })
    expect(decide(tokenOf('cron', { aud: AUDIENCE }))).toMatchObject({ kind: 'granted' })
  })

  it('a second guard of a long request refuses a token without aud after the day of audienceRequiredFrom has begun', () => {
    const { clock, server, tokenOf } = setup()
    const raw = {}
    const request = { ...requestWith(tokenOf('cron')), raw }
    expect(server.guard()(request)).toMatchObject({ kind: 'granted' })
    clock.advance(7200)
    expect(server.guard()(request)).toMatchObject({ reason: 'wrong_audience' })
  })

  it('verify() grants a token without aud before the day of audienceRequiredFrom, and refuses the token afterwards', async () => {
    const { clock, server, tokenOf, getMissing } = setup()
    const token = tokenOf('cron')
    expect(await server.verify(token)).toMatchObject({ kind: 'granted' })
    expect(getMissing()).toHaveLength(1)
    clock.advance(7200)
    expect(await server.verify(token)).toMatchObject({ reason: 'wrong_audience' })
  })

  it('an introspected token without aud is granted before the day of audienceRequiredFrom, and is refused afterwards, even if the response is cached', async () => {
    let calls = 0
    const { clock, decide, getMissing } = setup({
      ...INTROSPECTION,
      fetch: async () => {
        calls++
        const token = { active: true, sub: 'cron', client_id: 'cron', aud: [] }
        return Response.json({ ...token, token_use: 'access' })
      },
    })
    expect(show(await decide('opaque-token'))).toBe('granted')
    expect(show(await decide('opaque-token'))).toBe('granted')
    expect(getMissing()).toMatchObject([{ clientId: 'cron' }])
    clock.advance(3599)
    expect(show(await decide('opaque-token'))).toBe('granted')
    expect(calls).toBe(1)
    clock.advance(1800)
    expect(show(await decide('opaque-token'))).toBe('granted')
    expect(calls).toBe(2)
    clock.advance(1801)
    expect(show(await decide('opaque-token'))).toBe('wrong_audience')
    expect(calls).toBe(2)
  })

  it('an introspected token that lacks aud and the value of tokenUse is refused, even with audienceRequiredFrom', async () => {
    // A refresh token is also active, and has the client id and the scopes of an access token.
    const refreshToken = { active: true, sub: 'alice', client_id: 'web', scope: 'read' }
    for (const mark of [{}, { token_use: 'refresh' }]) {
      const { decide, getMissing } = setup({
        ...INTROSPECTION,
        fetch: async () => Response.json({ ...refreshToken, ...mark }),
      })
      expect(show(await decide('opaque-token'))).toBe('wrong_token_type')
      expect(getMissing()).toEqual([])
    }
  })

  it('an introspected token for another API is refused before and after the date in audienceRequiredFrom', async () => {
    const { clock, decide, getMissing } = setup({
      ...INTROSPECTION,
      fetch: async () => Response.json({ active: true, client_id: 'cron', aud: 'other' }),
    })
    expect(show(await decide('opaque-token'))).toBe('wrong_audience')
    clock.advance(7200)
    expect(show(await decide('opaque-token'))).toBe('wrong_audience')
    expect(getMissing()).toEqual([])
  })

  it('a guard with introspect grants a JWT with aud if the response has no aud, even after the date in audienceRequiredFrom', async () => {
    const { clock, server, tokenOf } = setup({
      introspection: INTROSPECTION.introspection,
      fetch: async () => Response.json({ active: true }),
    })
    clock.advance(7200)
    const guard = server.guard({ introspect: true })
    expect(show(await guard(requestWith(tokenOf('cron', { aud: AUDIENCE }))))).toBe('granted')
    expect(show(await guard(requestWith(tokenOf('cron'))))).toBe('wrong_audience')
  })

  it('a guard with jwtProfile rfc9068 grants a token without aud before audienceRequiredFrom, and refuses a token without another required claim', () => {
    const { clock, decide, tokenOf } = setup({ jwtProfile: 'rfc9068' })
    expect(show(decide(tokenOf('cron')) as Outcome)).toBe('granted')
    expect(show(decide(tokenOf('cron', { jti: undefined })) as Outcome)).toBe('missing_claim')
    clock.advance(7200)
    expect(show(decide(tokenOf('cron')) as Outcome)).toBe('wrong_audience')
  })
})
