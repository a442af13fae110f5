import { createServer } from 'node:https'
import { request } from 'node:http'
import { inspect } from 'node:util'
import { BoundedCache } from '../../../src/lib/bounded-cache.ts'
import { describe, expect, it, vi } from 'vitest'
import { guarded } from '../../../../../test/frameworks/bare-http.ts'
import { serverCertificate } from '../../../../../test/support/certificate.ts'
import { settled } from '../../../../../test/support/fake-clock.ts'
import { introspectionServer, raw } from '../../../../../test/support/introspection-server.ts'
import { AUDIENCE, createTestIssuer } from '../../../../../test/support/issuer.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import { listen } from '../../../../../test/support/servers.ts'
import { createIssuers } from '../../../src/issuers/issuers.ts'
import { INTROSPECTION_STEPS } from '../../../src/token/introspection/introspection-steps.ts'
import { readOptions } from '../../../src/options/read-options.ts'
import { ACTIVE, closing, CREDENTIALS, issuing, setup, tokenIn, summarizeOutcome } from './setup.ts'

const TOKEN = 'an-opaque.token~1+/2='

/** Introspects a token without a request to the API. So the token may contain characters that are invalid in `Authorization`. */
function introspect(issuer: string, token: string) {
  const options = { issuer, audience: AUDIENCE, tokenFormat: 'opaque', introspection: CREDENTIALS }
  const { settings } = readOptions(options)
  const { trusted } = createIssuers(settings, () => {}, new AbortController().signal, {
    steps: INTROSPECTION_STEPS,
    createDynamic: undefined,
  })
  return trusted.static.get(issuer)!.introspection!.introspect(token)
}

describe('the introspection request', () => {
  it('7662-01: an introspection request is a POST of a form that contains the unchanged token', async () => {
    const { endpoint, getOutcome } = await setup(ACTIVE)
    expect(await getOutcome(TOKEN)).toBe('granted')
    const [sent] = endpoint.requests
    expect(sent!.method).toBe('POST')
    expect(sent!.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded(;|$)/)
    expect([...sent!.form]).toEqual([['token', TOKEN]])
    expect(sent!.headers.accept).toBe('application/json')

    for (const token of ['a+b', 'a/b', 'a=', 'a~b', 'a%b%20', '+/=~%']) {
      await introspect(endpoint.url, token)
      expect(endpoint.requests.at(-1)!.form.get('token')).toBe(token)
    }
  })

  it('7662-02: an introspected token is never in an address, an event or a refusal', async () => {
    for (const answer of [ACTIVE, { active: false }, 500, raw('<html>', 'text/html')]) {
      const { endpoint, send, events } = await setup(answer)
      const outcome = await send(TOKEN)
      expect(endpoint.requests[0]!.url).toBe('/introspect')
      expect(endpoint.otherPaths.join()).not.toContain(TOKEN)
      expect(events.length).toBeGreaterThan(1)
      const published = JSON.stringify([events, outcome.kind === 'granted' ? 0 : outcome])
      expect(published).not.toContain(TOKEN)
      expect(published).not.toContain(encodeURIComponent(TOKEN))
    }
  })

  it('7662-03: an introspection request contains token_type_hint if tokenTypeHint is configured', async () => {
    const { endpoint, getOutcome } = await setup(ACTIVE, {
      introspection: { tokenTypeHint: 'access_token' },
    })
    expect(await getOutcome(TOKEN)).toBe('granted')
    expect(endpoint.requests[0]!.form.get('token_type_hint')).toBe('access_token')
  })

  it('7662-33: authorize sends no introspection request for credentials that are too long or are not a token', async () => {
    const { endpoint, getOutcome, server } = await setup(ACTIVE)
    expect(await getOutcome('a'.repeat(16_385))).toBe('401 token_too_long')
    for (const credentials of ['a b', 'a,b', '"a"', 'a=b', '%41', 'a\u00e9']) {
      const outcome = await server.authorize(requestWith(credentials))
      expect(summarizeOutcome(outcome)).toMatch(/^400 /)
    }
    expect(endpoint.requests).toEqual([])
    expect(endpoint.otherPaths).toEqual([])
  })

  it('7662-06: authorize refuses with 503 if the introspection endpoint has an untrusted certificate', async () => {
    const { cert, key } = serverCertificate({ subject: { name: 'localhost' } })
    const impostor = closing(
      await listen(
        createServer({ cert, key }, (_req, res) => {
          res.setHeader('Content-Type', 'application/json')
          res.end(JSON.stringify(ACTIVE))
        }) as unknown as Parameters<typeof listen>[0],
      ),
    )
    // For the host name, only the certificate chain is untrusted. For the IP address, the name in the certificate is also wrong.
    for (const host of ['localhost', '127.0.0.1']) {
      const { getOutcome, failures } = await setup(ACTIVE, {
        introspection: { endpoint: `https://${host}:${impostor.port}/introspect` },
      })
      expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
      expect(failures()).toEqual(['unreachable'])
    }
  })
})

describe('the introspection response', () => {
  it('7662-07, 7662-21: authorize refuses an inactive token, even if the introspection response has other members', async () => {
    for (const answer of [
      { active: false },
      { ...ACTIVE, active: false, sub: 'user-ada', scope: 'read write admin' },
      { active: false, exp: 'never', aud: 7 },
    ]) {
      const { send, events } = await setup(answer)
      const outcome = await send(TOKEN)
      expect(summarizeOutcome(outcome)).toBe('401 inactive')
      const shown = inspect([outcome, events], { depth: 9 })
      for (const member of ['user-ada', 'admin', 'never']) expect(shown).not.toContain(member)
    }
  })

  it('7662-08, 7662-09: authorize refuses with 503 if active is missing in the introspection response or not a boolean', async () => {
    const { active: _, ...withoutActive } = ACTIVE
    const others = ['true', 1, [true], {}, null, 'yes', '', 0].map((active) => ({
      ...ACTIVE,
      active,
    }))
    for (const answer of [withoutActive, {}, ...others]) {
      const { getOutcome, failures } = await setup(answer)
      expect(await getOutcome(TOKEN), JSON.stringify(answer)).toBe('503 introspection_unavailable')
      expect(failures()).toEqual(['malformed'])
    }
  })

  it.each<[string, string, (now: number) => object, string]>([
    ['7662-10: ', 'an exp in the past', (now) => ({ exp: now - 5 }), '401 expired'],
    ['7662-10: ', 'an exp within the clock tolerance', (now) => ({ exp: now - 4 }), 'granted'],
    ['7662-11: ', 'an nbf in the future', (now) => ({ nbf: now + 6 }), '401 not_yet_valid'],
    ['7662-11: ', 'an nbf within the clock tolerance', (now) => ({ nbf: now + 5 }), 'granted'],
    ['', 'an iat in the future', (now) => ({ iat: now + 6 }), '401 issued_in_future'],
    [
      '7662-12: ',
      'another audience',
      () => ({ aud: 'https://files.example.com' }),
      '401 wrong_audience',
    ],
    [
      '7662-12: ',
      'an array of two other audiences',
      () => ({ aud: ['a', `${AUDIENCE}/`] }),
      '401 wrong_audience',
    ],
    ['7662-12: ', 'no aud', () => ({ aud: undefined }), '401 wrong_audience'],
    [
      '7662-12: ',
      'the audience of this API and another audience',
      () => ({ aud: ['a', AUDIENCE] }),
      'granted',
    ],
    [
      '',
      'an aud that is an object',
      () => ({ aud: { 0: AUDIENCE } }),
      '503 introspection_unavailable',
    ],
    ['7662-13: ', 'another iss', () => ({ iss: 'https://as.example.com' }), '401 unknown_issuer'],
    [
      '7662-13: ',
      'an iss that is an array',
      () => ({ iss: ['https://as.example.com'] }),
      '503 introspection_unavailable',
    ],
    [
      '7662-14: ',
      'a scope that is an array',
      () => ({ scope: ['read'] }),
      '503 introspection_unavailable',
    ],
    ['7662-15: ', 'the token_type DPoP', () => ({ token_type: 'DPoP' }), '401 unsupported_binding'],
    ['7662-16: ', 'a cnf with jkt', () => ({ cnf: { jkt: 'x' } }), '401 unsupported_binding'],
    [
      '7662-17: ',
      'a cnf with x5t#S256',
      () => ({ cnf: { 'x5t#S256': 'x' } }),
      '401 unsupported_binding',
    ],
    ['7662-27: ', 'unknown members', () => ({ x: { y: [1] }, jti: 'a' }), 'granted'],
    [
      '',
      'the token_type of a refresh token',
      () => ({ token_type: 'refresh_token' }),
      '401 wrong_token_type',
    ],
    [
      '',
      'the token_use of a refresh token',
      () => ({ token_use: 'refresh_token' }),
      '401 wrong_token_type',
    ],
    ['', 'the token_use of an access token', () => ({ token_use: 'access_token' }), 'granted'],
    ['', 'the typ of a Keycloak refresh token', () => ({ typ: 'Refresh' }), '401 wrong_token_type'],
    ['', 'the at_hash of an ID token', () => ({ at_hash: 'x' }), '401 wrong_token_type'],
    [
      '',
      'no token_type, scope or client_id',
      () => ({ token_type: undefined, scope: undefined, client_id: undefined }),
      '401 wrong_token_type',
    ],
    [
      '',
      'a token_type that is a number',
      () => ({ token_type: 1 }),
      '503 introspection_unavailable',
    ],
    ['', 'a sub that is a number', () => ({ sub: 7 }), '503 introspection_unavailable'],
    ['', 'an exp that is a string', () => ({ exp: 'tomorrow' }), '503 introspection_unavailable'],
  ])(
    '%sauthorize returns $3 for an active response with %s',
    async (_id, _name, members, expected) => {
      const { clock, endpoint, getOutcome } = await setup(ACTIVE)
      endpoint.answer({ ...ACTIVE, ...members(clock.seconds()) })
      expect(await getOutcome(TOKEN)).toBe(expected)
    },
  )

  it('authorize treats a null member of an introspection response as missing, except for cnf', async () => {
    const nothing = { exp: null, nbf: null, iat: null, iss: null, jti: null, at_hash: null }
    const { endpoint, getOutcome, send } = await setup({ ...ACTIVE, ...nothing, token_type: null })
    const { claims } = tokenIn(await send('t1'))
    expect(claims).toEqual({ ...ACTIVE, token_type: undefined })
    expect(Object.hasOwn(claims, 'token_type')).toBe(false)
    endpoint.answer({ ...ACTIVE, aud: null })
    expect(await getOutcome('t2')).toBe('401 wrong_audience')
    endpoint.answer({ ...ACTIVE, cnf: null })
    expect(await getOutcome('t3')).toBe('401 unsupported_binding')
    endpoint.answer({ ...ACTIVE, active: null })
    expect(await getOutcome('t4')).toBe('503 introspection_unavailable')
  })

  it('the detail of introspection_failed names the address and the wrong member', async () => {
    const { endpoint, getOutcome, failed } = await setup({ ...ACTIVE, sub: 7 })
    await getOutcome(TOKEN)
    endpoint.answer({ ...ACTIVE, active: 'yes' })
    await getOutcome(TOKEN)
    expect(failed().map(({ detail }) => detail)).toEqual([
      `${endpoint.url}/introspect: the member sub is a number, expected a non-empty string`,
      `${endpoint.url}/introspect: the member active is a string, expected a boolean`,
    ])
  })

  it('7662-13: authorize accepts an introspection response with the iss of the issuer', async () => {
    const { endpoint, getOutcome } = await setup(ACTIVE)
    endpoint.answer({ ...ACTIVE, iss: endpoint.url })
    expect(await getOutcome(TOKEN)).toBe('granted')
  })

  it('7662-14: authorize with scopeFormat: array accepts an introspection response whose scope is an array', async () => {
    const answer = { ...ACTIVE, scope: ['read', 'a b'] }
    const { send } = await setup(answer, { issuer: { scopeFormat: 'array' } })
    expect(tokenIn(await send(TOKEN)).scopes).toEqual(['read', 'a b'])
  })

  it('authorize creates a frozen access token from the members of an introspection response', async () => {
    const { clock, endpoint, send } = await setup(ACTIVE)
    const now = clock.seconds()
    endpoint.answer({ ...ACTIVE, exp: now + 60, iat: now - 1, nbf: now - 2, sub: 'reports-web' })
    const token = tokenIn(await send(TOKEN))
    expect(token).toMatchObject({
      issuer: endpoint.url,
      audience: [AUDIENCE],
      subject: { kind: 'machine', id: 'reports-web', clientId: 'reports-web' },
      clientId: 'reports-web',
      scopes: ['read', 'write'],
      expiresAt: now + 60,
      issuedAt: now - 1,
      notBefore: now - 2,
      verifiedBy: 'introspection',
      bindings: [],
    })
    expect(token.hasScope('write')).toBe(true)
    for (const part of [token, token.claims, token.subject, token.scopes, token.audience])
      expect(Object.isFrozen(part)).toBe(true)
    endpoint.answer(ACTIVE)
    expect(tokenIn(await send('another')).expiresAt).toBeUndefined()
  })

  it('7662-35: the member username of an introspection response does not determine the subject', async () => {
    const { sub: _, ...withoutSub } = ACTIVE
    const { send } = await setup(
      { ...withoutSub, username: 'ada' },
      {
        issuer: { machineSubject: 'client_id' },
      },
    )
    const { subject } = tokenIn(await send(TOKEN))
    expect(subject.kind).toBe('unknown')
    expect(JSON.stringify(subject)).not.toContain('ada')
    const named = await setup(
      { ...ACTIVE, username: 'reports-web' },
      {
        issuer: { machineSubject: 'client_id' },
      },
    )
    expect(tokenIn(await named.send(TOKEN)).subject).toMatchObject({ kind: 'user', id: 'user-ada' })
  })

  it('authorize reads client_id and scope if a response lacks the claims that contain these values in JWTs of the issuer', async () => {
    const { endpoint, send } = await setup(ACTIVE, { issuer: { provider: 'okta' } })
    const expected = { clientId: 'reports-web', scopes: ['read', 'write'] }
    expect(tokenIn(await send('t1'))).toMatchObject(expected)
    endpoint.answer({ ...ACTIVE, cid: 'another' })
    const token = tokenIn(await send('t2'))
    expect(token.clientId).toBeUndefined()
    expect(token.subject).toMatchObject({ kind: 'unknown', evidence: { reason: 'conflict' } })
    // In JWTs of this provider, `aud` is the client. In its introspection responses, `aud` is the API.
    const gravitee = await setup(ACTIVE, { issuer: { provider: 'gravitee-am' } })
    expect(tokenIn(await gravitee.send(TOKEN))).toMatchObject(expected)
    const spring = await setup(ACTIVE, { issuer: { provider: 'spring-as' } })
    expect(tokenIn(await spring.send(TOKEN))).toMatchObject(expected)
    const own = { clientIdClaim: 'azp', scopeClaim: 'scp', scopeFormat: 'array' } as const
    const configured = await setup(ACTIVE, { issuer: own })
    expect(tokenIn(await configured.send(TOKEN))).toMatchObject(expected)
    configured.endpoint.answer({ ...ACTIVE, azp: 'web', scp: ['a'] })
    expect(tokenIn(await configured.send('t2'))).toMatchObject({ clientId: 'web', scopes: ['a'] })
  })

  it('authorize determines the subject with the rules of the provider for introspection responses', async () => {
    const issuer = { provider: 'node-oidc-provider' } as const
    const { endpoint, send } = await setup(ACTIVE, { issuer })
    expect(tokenIn(await send('t1')).subject).toMatchObject({
      kind: 'user',
      id: 'user-ada',
      evidence: { rules: ['node-oidc-provider.introspected_account'] },
    })
    const { sub: _, ...withoutSub } = ACTIVE
    endpoint.answer(withoutSub)
    expect(tokenIn(await send('t2')).subject).toMatchObject({
      kind: 'machine',
      id: 'reports-web',
      evidence: { rules: ['node-oidc-provider.no_account'] },
    })
  })

  it('authorize with audience: null accepts only introspection responses that have a client in allowedClients and no aud', async () => {
    const minimal = { active: true, scope: 'read', exp: 4_000_000_000, client_id: 'reports-web' }
    const tokenUse = { claim: 'scope', value: 'read' }
    const issuer = { audience: null, allowedClients: ['reports-web'], tokenUse }
    const { endpoint, getOutcome } = await setup(minimal, { issuer })
    expect(await getOutcome('t1')).toBe('granted')
    endpoint.answer({ ...minimal, client_id: 'another' })
    expect(await getOutcome('t2')).toBe('401 untrusted_client')
    endpoint.answer({ ...minimal, aud: AUDIENCE })
    expect(await getOutcome('t3')).toBe('401 wrong_audience')
    endpoint.answer({ ...minimal, token_type: 'refresh_token' })
    expect(await getOutcome('t4')).toBe('401 wrong_token_type')
  })

  it('authorize refuses a refresh token without aud if it is older than maxTokenAge or lacks the claim of tokenUse', async () => {
    const clients = { audience: null, allowedClients: ['reports-web'] }
    // Better Auth returns this response for access tokens and for refresh tokens.
    const refresh = { active: true, token_type: 'Bearer', client_id: 'reports-web', scope: 'read' }
    const young = await setup(refresh, { issuer: { ...clients, maxTokenAge: 3600 } })
    const days = 86_400
    const now = young.clock.seconds()
    young.endpoint.answer({ ...refresh, iat: now - 2 * days, exp: now + 28 * days })
    expect(await young.getOutcome('t1')).toBe('401 too_old')
    young.endpoint.answer({ ...refresh, exp: now + 28 * days })
    expect(await young.getOutcome('t2')).toBe('401 missing_claim')
    young.endpoint.answer({ ...refresh, iat: now - 60, exp: now + 3540 })
    expect(await young.getOutcome('t3')).toBe('granted')

    const tokenUse = { claim: 'use', value: 'access' }
    const marked = await setup(refresh, { issuer: { ...clients, tokenUse } })
    marked.endpoint.answer({ ...refresh, iat: now, exp: now + 28 * days })
    expect(await marked.getOutcome('t1')).toBe('401 wrong_token_type')
    marked.endpoint.answer({ ...refresh, use: 'access', iat: now, exp: now + 3600 })
    expect(await marked.getOutcome('t2')).toBe('granted')
  })

  it('authorize accepts an introspection response that lacks the claim of tokenUse if the introspected JWT has this claim', async () => {
    const tokenUse = { claim: 'use', value: 'access' }
    const { token, getOutcome, endpoint } = await issuing('any', {
      issuer: {
        jwks: undefined,
        jwksUri: 'http://127.0.0.1:9/jwks',
        audience: null,
        allowedClients: ['reports-web'],
        tokenUse,
      } as never,
    })
    endpoint.answer({ active: true, client_id: 'reports-web' })
    const claims = { aud: undefined, client_id: 'reports-web', use: 'access' }
    expect(await getOutcome(token({ claims }))).toBe('granted')
    expect(await getOutcome(token({ claims: { ...claims, use: 'refresh' } }))).toBe(
      '401 wrong_token_type',
    )
    expect(await getOutcome('an-opaque-one')).toBe('401 wrong_token_type')
  })

  it('authorize with introspection.audience: null accepts responses without aud for opaque tokens, but requires aud in JWTs', async () => {
    // LemonLDAP::NG returns responses without `aud`.
    const answer = { active: true, scope: 'read', client_id: 'reports-web', token_type: 'Bearer' }
    const { clock, endpoint, getOutcome, token, failures } = await issuing('any', {
      issuer: { allowedClients: ['reports-web'], maxTokenAge: 3600 },
      introspection: { audience: null },
    })
    const now = clock.seconds()
    endpoint.answer({ ...answer, iat: now })
    const claims = { client_id: 'reports-web' }
    expect(await getOutcome(token({ claims }))).toBe('granted')
    expect(await getOutcome(token({ claims: { ...claims, aud: undefined } }))).toBe(
      '401 wrong_audience',
    )
    expect(await getOutcome('opaque-1')).toBe('granted')
    expect(await getOutcome(token({ claims }), { introspect: true })).toBe('granted')
    endpoint.answer({ ...answer, iat: now, aud: AUDIENCE })
    expect(await getOutcome('opaque-2')).toBe('401 wrong_audience')
    const other = token({ claims: { ...claims, jti: 'other' } })
    expect(await getOutcome(other, { introspect: true })).toBe('granted')
    endpoint.answer({ ...answer, iat: now, aud: 'https://other.example.com' })
    const another = token({ claims: { ...claims, jti: 'another' } })
    expect(await getOutcome(another, { introspect: true })).toBe('401 wrong_audience')
    endpoint.answer({ ...answer, iat: now, client_id: 'stranger' })
    expect(await getOutcome('opaque-3')).toBe('401 untrusted_client')
    endpoint.answer({ ...answer, iat: now - 4000 })
    expect(await getOutcome('opaque-4')).toBe('401 too_old')
    expect(failures()).toEqual([])
  })

  it('authorize accepts a response only if its aud is in introspection.audience, and a JWT only if its aud is in audience', async () => {
    const { endpoint, getOutcome, token } = await issuing('any', {
      introspection: { audience: ['the-api', 'urn:reports'] },
    })
    const answer = { ...ACTIVE, aud: 'the-api' }
    endpoint.answer(answer)
    expect(await getOutcome('opaque-1')).toBe('granted')
    const claims = { sub: ACTIVE.sub, client_id: ACTIVE.client_id }
    expect(await getOutcome(token({ claims }), { introspect: true })).toBe('granted')
    expect(await getOutcome(token({ claims: { ...claims, aud: 'the-api' } }))).toBe(
      '401 wrong_audience',
    )
    endpoint.answer({ ...answer, aud: AUDIENCE })
    expect(await getOutcome('opaque-2')).toBe('401 wrong_audience')
  })

  it('authorize with maxTokenAge refuses a token whose introspection response has no iat or an old iat', async () => {
    const { clock, endpoint, getOutcome } = await setup(ACTIVE, { issuer: { maxTokenAge: 60 } })
    expect(await getOutcome('t1')).toBe('401 missing_claim')
    endpoint.answer({ ...ACTIVE, iat: clock.seconds() - 66 })
    expect(await getOutcome('t2')).toBe('401 too_old')
    endpoint.answer({ ...ACTIVE, iat: clock.seconds() })
    expect(await getOutcome('t3')).toBe('granted')
  })
})

describe('a cached introspection response', () => {
  it('7662-18: authorize uses a cached introspection response only until exp, even if only the wall clock advances', async () => {
    for (const pass of ['advance', 'jump'] as const) {
      const { clock, endpoint, getOutcome } = await setup(ACTIVE, {
        introspection: { maxAge: 3600 },
      })
      endpoint.answer({ ...ACTIVE, exp: clock.seconds() + 60 })
      expect(await getOutcome(TOKEN)).toBe('granted')
      clock[pass](59)
      expect(await getOutcome(TOKEN)).toBe('granted')
      expect(endpoint.requests).toHaveLength(1)
      clock[pass](2)
      endpoint.answer({ active: false })
      expect(await getOutcome(TOKEN)).toBe('401 inactive')
      expect(endpoint.requests).toHaveLength(2)
    }
  })

  it('7662-19: authorize uses a cached introspection response only until it is maxAge seconds old', async () => {
    const { clock, endpoint, getOutcome, events } = await setup(ACTIVE, {
      introspection: { maxAge: 20 },
    })
    expect(await getOutcome(TOKEN)).toBe('granted')
    endpoint.answer({ active: false })
    clock.advance(19.9)
    expect(await getOutcome(TOKEN)).toBe('granted')
    clock.advance(0.1)
    expect(await getOutcome(TOKEN)).toBe('401 inactive')
    expect(endpoint.requests).toHaveLength(2)
    const types = events.map(({ type }) => type).filter((type) => type.startsWith('introspection'))
    expect(types).toEqual(['introspection_called', 'introspection_cached', 'introspection_called'])
  })

  it('7662-20: authorize with maxAge: 0 introspects the token of every request', async () => {
    const { endpoint, getOutcome } = await setup(ACTIVE, { introspection: { maxAge: 0 } })
    for (let i = 1; i <= 5; i++) {
      expect(await getOutcome(TOKEN)).toBe('granted')
      expect(endpoint.requests).toHaveLength(i)
    }
    endpoint.answer({ active: false })
    for (let i = 6; i <= 8; i++) {
      expect(await getOutcome(TOKEN)).toBe('401 inactive')
      expect(endpoint.requests).toHaveLength(i)
    }
  })

  it('7662-31: authorize caches an inactive introspection response for three seconds', async () => {
    const { clock, endpoint, getOutcome } = await setup({ active: false })
    expect(await getOutcome(TOKEN)).toBe('401 inactive')
    endpoint.answer(ACTIVE)
    clock.advance(2.9)
    expect(await getOutcome(TOKEN)).toBe('401 inactive')
    expect(endpoint.requests).toHaveLength(1)
    clock.advance(0.1)
    expect(await getOutcome(TOKEN)).toBe('granted')
  })

  it('the age of an introspection response begins with the introspection request, not with the arrival of the response', async () => {
    let answer = () => {}
    const { clock, endpoint, getOutcome } = await setup(
      ({ response }) => void (answer = () => raw(JSON.stringify(ACTIVE))({ response } as never)),
    )
    const first = getOutcome(TOKEN)
    await endpoint.received(1)
    clock.advance(2)
    answer()
    expect(await first).toBe('granted')
    endpoint.answer({ active: false })
    clock.advance(7.9)
    expect(await getOutcome(TOKEN)).toBe('granted')
    clock.advance(0.1)
    expect(await getOutcome(TOKEN)).toBe('401 inactive')
  })

  it('authorize introspects again after maxAge even if only the wall clock has advanced (as it does during a suspension)', async () => {
    const { clock, endpoint, getOutcome } = await setup(ACTIVE)
    expect(await getOutcome(TOKEN)).toBe('granted')
    endpoint.answer({ active: false })
    clock.jump(10)
    expect(await getOutcome(TOKEN)).toBe('401 inactive')
  })

  it('7662-30: authorize caches nothing after a failed introspection call', async () => {
    const { endpoint, getOutcome } = await setup(500)
    expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
    endpoint.answer(ACTIVE)
    expect(await getOutcome(TOKEN)).toBe('granted')
    expect(endpoint.requests).toHaveLength(2)
  })

  it('7662-32: the introspection cache stores a response by the hash of the token, and never stores the token', async () => {
    const kept = vi.spyOn(BoundedCache.prototype, 'set')
    try {
      const [first, second] = [await setup(ACTIVE), await setup({ active: false })]
      expect(await first.getOutcome(TOKEN)).toBe('granted')
      expect(await second.getOutcome(TOKEN)).toBe('401 inactive')
      expect(kept).toHaveBeenCalledTimes(2)
      expect(inspect(kept.mock.calls, { depth: 9 })).not.toContain(TOKEN)
      const [one, other] = kept.mock.calls.map(([key]) => key)
      expect(one).toMatch(/^[A-Za-z0-9_-]{43}$/)
      expect(other).not.toBe(one)
    } finally {
      kept.mockRestore()
    }
  })
})

describe('concurrent introspection', () => {
  it('7662-28: authorize makes one introspection call for 100 concurrent requests with the same token, and one call for each other token', async () => {
    const { endpoint, getOutcome } = await setup(ACTIVE)
    const same = await Promise.all(Array.from({ length: 100 }, () => getOutcome(TOKEN)))
    expect(new Set(same)).toEqual(new Set(['granted']))
    expect(endpoint.requests).toHaveLength(1)

    const distinct = await Promise.all(
      Array.from({ length: 90 }, (_, i) => getOutcome(`token-${i}`)),
    )
    expect(new Set(distinct)).toEqual(new Set(['granted']))
    expect(endpoint.requests).toHaveLength(91)
  })

  it('7662-28: authorize with maxAge: 0 makes one shared second call for all requests that arrive during an introspection call', async () => {
    const answers: (() => void)[] = []
    const { endpoint, getOutcome } = await setup(
      ({ response }) => void answers.push(() => raw(JSON.stringify(ACTIVE))({ response } as never)),
      { introspection: { maxAge: 0 } },
    )
    const first = getOutcome(TOKEN)
    await endpoint.received(1)
    const others = Array.from({ length: 20 }, () => getOutcome(TOKEN))
    await settled()
    expect(endpoint.requests).toHaveLength(1)
    answers[0]!()
    expect(await first).toBe('granted')
    await endpoint.received(2)
    // A request that arrives during the second call waits for a third call.
    const last = getOutcome(TOKEN)
    answers[1]!()
    expect(new Set(await Promise.all(others))).toEqual(new Set(['granted']))
    await endpoint.received(3)
    answers[2]!()
    expect(await last).toBe('granted')
    expect(endpoint.requests).toHaveLength(3)
  })

  it('concurrent requests share an introspection call only until the call is older than maxAge', async () => {
    const answers: (() => void)[] = []
    const { clock, endpoint, getOutcome } = await setup(
      ({ response }) => void answers.push(() => raw(JSON.stringify(ACTIVE))({ response } as never)),
      { introspection: { maxAge: 2 } },
    )
    const first = getOutcome(TOKEN)
    await endpoint.received(1)
    clock.advance(1.9)
    const second = getOutcome(TOKEN)
    clock.advance(0.1)
    const third = getOutcome(TOKEN)
    answers[0]!()
    expect(await first).toBe('granted')
    // The second request gets the response to the first call. The response is too old for the second request, because the first
    // call began two seconds ago.
    await endpoint.received(2)
    answers[1]!()
    expect([await second, await third]).toEqual(['granted', 'granted'])
    expect(endpoint.requests).toHaveLength(2)
  })

  it('7662-28: two issuers of one resource server have separate responses for the same token', async () => {
    const a = closing(await introspectionServer({ ...ACTIVE, sub: 'known-to-a' }))
    const b = closing(await introspectionServer({ ...ACTIVE, sub: 'known-to-b' }))
    const options = { audience: AUDIENCE, introspection: CREDENTIALS }
    const { settings } = readOptions({
      issuers: [
        { ...options, issuer: a.url, tokenFormat: 'opaque' },
        { ...options, issuer: b.url, tokenFormat: 'jwt' },
      ],
    })
    const { trusted } = createIssuers(settings, () => {}, new AbortController().signal, {
      steps: INTROSPECTION_STEPS,
      createDynamic: undefined,
    })
    // A guard introspects each token only at the issuer of the token, so the test introspects the token directly at both issuers.
    const readSub = async (url: string) => {
      const introspected = await trusted.static.get(url)!.introspection!.introspect(TOKEN)
      return 'response' in introspected && introspected.response.active
        ? introspected.response.claims['sub']
        : introspected
    }
    const bySharedCalls = await Promise.all([a, b, a, b].map(({ url }) => readSub(url)))
    expect(bySharedCalls).toEqual(['known-to-a', 'known-to-b', 'known-to-a', 'known-to-b'])
    expect([await readSub(a.url), await readSub(b.url)]).toEqual(['known-to-a', 'known-to-b'])
    expect([a.requests.length, b.requests.length]).toEqual([1, 1])
  })

  it('authorize makes at most 96 concurrent introspection calls for unknown tokens, and at most 128 concurrent calls in total', async () => {
    const { clock, endpoint, getOutcome, events } = await setup(ACTIVE)
    for (let i = 0; i < 40; i++) expect(await getOutcome(`good-${i}`)).toBe('granted')
    clock.advance(10)
    const answers: (() => void)[] = []
    endpoint.answer(
      ({ response }) => void answers.push(() => raw(JSON.stringify(ACTIVE))({ response } as never)),
    )
    const pending = Array.from({ length: 96 }, (_, i) => getOutcome(`unknown-${i}`))
    await endpoint.received(40 + 96)
    expect(await getOutcome('one-more')).toBe('503 introspection_unavailable')
    expect(events.at(-1)).toMatchObject({ type: 'refused', found: 'too many concurrent calls' })

    pending.push(...Array.from({ length: 32 }, (_, i) => getOutcome(`good-${i}`)))
    await endpoint.received(40 + 128)
    expect(await getOutcome('good-39')).toBe('503 introspection_unavailable')
    expect(endpoint.requests).toHaveLength(40 + 128)
    for (const answer of answers) answer()
    expect(new Set(await Promise.all(pending))).toEqual(new Set(['granted']))
    endpoint.answer(ACTIVE)
    expect(await getOutcome('one-more')).toBe('granted')
  })

  it('7662-29: a shared introspection call completes even if the first caller has disconnected', async () => {
    let answer = () => {}
    const { endpoint, server } = await setup(
      ({ response }) => void (answer = () => raw(JSON.stringify(ACTIVE))({ response } as never)),
    )
    const api = closing(
      await listen(guarded(server.guard(), (_req, res) => void res.end('granted'))),
    )
    const headers = { authorization: `Bearer ${TOKEN}` }
    const first = request(api.url, { headers })
    const disconnected = new Promise((resolve) => first.on('error', resolve))
    first.end()
    await endpoint.received(1)
    const second = fetch(api.url, { headers })
    await settled()
    first.destroy(new Error('the caller has disconnected'))
    await disconnected
    await settled()
    answer()
    expect((await second).status).toBe(200)
    expect(endpoint.requests).toHaveLength(1)
  })
})

describe('the choice between introspection and signature', () => {
  it('7662-34: authorize with tokenFormat: opaque introspects a JWT, and ignores the claims of the JWT', async () => {
    const { clock, endpoint, send } = await setup(ACTIVE)
    const issuer = createTestIssuer({ issuer: endpoint.url, now: clock.seconds })
    const token = issuer.token({ claims: { sub: 'forged', scope: 'admin' } })
    const verified = tokenIn(await send(token))
    expect(verified.subject.id).toBe('user-ada')
    expect(verified.scopes).toEqual(['read', 'write'])
    expect(endpoint.requests[0]!.form.get('token')).toBe(token)
  })

  it('authorize sends no introspection request for a JWT of an unknown issuer or for a malformed JWT', async () => {
    const { clock, endpoint, getOutcome } = await setup(ACTIVE)
    const stranger = createTestIssuer({ now: clock.seconds })
    expect(await getOutcome(stranger.token())).toBe('401 unknown_issuer')
    expect(await getOutcome(stranger.token({ claims: { iss: undefined } }))).toBe(
      '401 unknown_issuer',
    )
    const [header, claims] = stranger.token().split('.')
    for (const token of [
      `${header}.${claims}.`,
      `${header}.${claims}`,
      `${header}.a.b.c.d`,
      `${header}.`,
    ]) {
      expect(await getOutcome(token)).toBe('401 malformed_token')
    }
    expect(endpoint.requests).toEqual([])
    expect(endpoint.otherPaths).toEqual([])
  })
})
