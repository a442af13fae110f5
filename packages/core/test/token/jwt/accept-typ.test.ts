import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../../test/support/issuer.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import { classifySubject, createResourceServer, type Outcome } from '../../../src/index.ts'
import { ACTIVE, setup as introspecting } from '../introspection/setup.ts'

const issuer = createTestIssuer()
const options = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks } as const
const withType = (typ: string, claims: Record<string, unknown> = {}) =>
  issuer.token({ header: { typ }, claims })

function decide(server: ReturnType<typeof createResourceServer>, token: string): string {
  const outcome = server.guard()(requestWith(token)) as Outcome
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind
}

describe('the option acceptTyp', () => {
  it('a guard grants tokens with a typ in acceptTyp, and refuses these tokens if the option is not set', () => {
    const server = createResourceServer({ ...options, acceptTyp: ['JWS', 'application/rsa'] })
    expect(
      ['JWS', 'jws', 'RSA', 'at+jwt', 'JWT'].map((typ) => decide(server, withType(typ))),
    ).toEqual(Array.from({ length: 5 }, () => 'granted'))
    expect(decide(server, withType('JWE'))).toBe('wrong_token_type')
    expect(decide(createResourceServer(options), withType('JWS'))).toBe('wrong_token_type')
  })

  it('a guard refuses a token with a typ in acceptTyp if the claims are not those of an access token', () => {
    const server = createResourceServer({ ...options, acceptTyp: ['JWS'] })
    const plain = withType('JWS', { client_id: undefined, scope: undefined })
    expect(decide(server, plain)).toBe('wrong_token_type')
    expect(decide(server, withType('JWS', { at_hash: 'x' }))).toBe('wrong_token_type')
  })

  it('classifySubject returns machine for a typ in acceptTyp, and unknown for another typ, for logout+jwt and for a malformed acceptTyp', () => {
    const machines = { ...options, acceptTyp: ['JWS'], machineSubject: 'client_id' } as const
    const guard = createResourceServer(machines).guard({ subject: 'machine' })
    expect((guard(requestWith(withType('JWS'))) as Outcome).kind).toBe('granted')
    const claims = { sub: 'cron', client_id: 'cron' }
    const context = { machineSubject: 'client_id', header: { typ: 'JWS' } } as const
    expect(classifySubject(claims, { ...context, acceptTyp: ['JWS'] }).kind).toBe('machine')
    expect(classifySubject(claims, context).kind).toBe('unknown')
    const logout = { ...context, header: { typ: 'logout+jwt' }, acceptTyp: ['logout+jwt'] }
    expect(classifySubject(claims, logout).kind).toBe('unknown')
    for (const acceptTyp of ['JWS', [{}, null], {}]) {
      const wrong = { ...context, acceptTyp: acceptTyp as string[] }
      expect(classifySubject(claims, wrong).kind).toBe('unknown')
    }
  })

  it.each<[given: unknown, problem: string]>([
    [['logout+jwt'], 'acceptTyp must be an array of values of typ, without types of other tokens'],
    [['application/DPoP+JWT'], 'acceptTyp must be an array of values of typ'],
    [[], 'acceptTyp must be an array of values of typ'],
    [[''], 'acceptTyp must be an array of values of typ'],
    ['JWS', 'acceptTyp must be an array of values of typ'],
  ])('createResourceServer rejects acceptTyp: %j', (acceptTyp, problem) => {
    expect(() => createResourceServer({ ...options, acceptTyp: acceptTyp as string[] })).toThrow(
      problem,
    )
  })

  it('createResourceServer rejects acceptTyp together with jwtProfile, and acceptTyp with tokenFormat: opaque', () => {
    const both = { ...options, acceptTyp: ['JWS'], jwtProfile: 'rfc9068' } as const
    expect(() => createResourceServer(both)).toThrow(
      'acceptTyp and jwtProfile cannot be combined: RFC 9068 allows only the typ at+jwt.',
    )
    const opaque = {
      issuer: ISSUER,
      audience: AUDIENCE,
      tokenFormat: 'opaque',
      introspection: {
        clientAuthentication: { method: 'client_secret_basic', clientId: 'a', secret: 'b' },
      },
      acceptTyp: ['JWS'],
    } as const
    expect(() => createResourceServer(opaque as never)).toThrow(
      "acceptTyp has no effect with tokenFormat 'opaque': remove it.",
    )
  })
})

describe('tokens that are never access tokens', () => {
  it.each([
    'dpop+jwt',
    'logout+jwt',
    'oauth-id-jag+jwt',
    'application/SECEVENT+JWT',
    'id_token+jwt',
    'client-authentication+jwt',
    'kb+jwt',
    'dc+sd-jwt',
  ])(
    'MCP-15: a guard with tokenFormat: opaque refuses a JWT with the typ %s without introspection',
    async (typ) => {
      const { endpoint, getOutcome } = await introspecting(ACTIVE)
      const claims = { iss: endpoint.url }
      expect(await getOutcome(withType(typ, claims))).toBe('401 wrong_token_type')
      expect(endpoint.requests).toHaveLength(0)
      expect(await getOutcome(withType('at+jwt', claims))).toBe('granted')
      expect(endpoint.requests).toHaveLength(1)
    },
  )
})
