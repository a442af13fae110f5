import { revokeToken } from '@bearward/example-authorization-server'
import { createBearward } from '@bearward/express'
import type { Express } from 'express'
import express from 'express'
import { describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { introspectionServer } from '../support/introspection-server.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { adapt, runSnippet } from './snippets.ts'
import {
  API,
  api,
  appInstead,
  authorizationServer,
  describeDocument,
  issuerAddress,
  machine,
  machineToken,
  OPAQUE_API,
  type Scenario,
  serve,
  useAuthorizationServer,
} from './fixture.ts'

useAuthorizationServer()

/** Scenarios for the snippets of docs/opaque-tokens.md. */
const OPAQUE_TOKENS: Readonly<Record<string, Scenario>> = {
  async 'Opaque tokens, introspection and revocation'(code) {
    vi.stubEnv('CLIENT_SECRET', api.secret)
    const adapted = adapt(code, {
      ...issuerAddress(),
      ...appInstead,
      [`'${API}'`]: `['${API}', '${OPAQUE_API}']`,
    })
    const call = await serve((await runSnippet('opaque-tokens', adapted))['app'] as Express)
    const opaque = await machineToken('read:reports', OPAQUE_API)

    expect((await call('GET', '/reports')).status).toBe(401)
    for (const token of [opaque, await machineToken('read:reports')]) {
      expect(await call('GET', '/reports', token)).toEqual({
        status: 200,
        body: '{"reportsFor":"reports-cron"}',
      })
    }
    expect((await call('POST', '/payments', opaque)).status).toBe(202)
    await revokeToken(authorizationServer.issuer, machine, opaque)
    expect((await call('POST', '/payments', opaque)).status).toBe(401)
    // This route uses cached responses. The cached response reports the token as inactive.
    expect((await call('GET', '/reports', opaque)).status).toBe(401)
  },

  async 'Revoke tokens in your application'(code) {
    const issuer = createTestIssuer({ issuer: 'https://auth.example.com', audience: API })
    const adapted = adapt(code, {
      ...appInstead,
      "provider: 'keycloak',": `machineSubject: 'client_id', clockTolerance: 60, jwks: ${JSON.stringify(issuer.jwks)},`,
    })
    const module = await runSnippet('opaque-tokens-revoked', adapted)
    const call = await serve(module['app'] as Express)
    const now = Math.floor(Date.now() / 1000)
    const sign = (sub: string, times: object = {}) =>
      issuer.token({
        claims: { sub, scope: 'read:reports', client_id: 'reports-web', iat: now, ...times },
      })
    const getStatus = async (token: string) => (await call('GET', '/reports', token)).status

    expect(await getStatus(sign('ada'))).toBe(200)
    expect((await call('POST', '/sign-out', sign('reports-web'))).status).toBe(403)
    expect((await call('POST', '/sign-out', sign('ada'))).status).toBe(204)
    expect(await getStatus(sign('ada'))).toBe(401)
    expect(await getStatus(sign('ada', { iat: now + 50 }))).toBe(200)
    expect(await getStatus(sign('grace'))).toBe(200)
    expect(await getStatus(sign('ada', { iat: undefined }))).toBe(401)
  },
}

describeDocument('docs/opaque-tokens.md', OPAQUE_TOKENS)

describe('the page of opaque tokens', () => {
  it('a guard uses a cached response for at most maxAge, then refuses a revoked token, or responds with 503 in an outage', async () => {
    const active = { active: true, client_id: 'cron', scope: 'read', aud: API }
    const server = closing(await introspectionServer(active))
    let now = Date.now()
    const { requireToken } = createBearward({
      issuer: server.url,
      audience: API,
      tokenFormat: 'opaque',
      introspection: {
        clientId: 'reports-api',
        clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
      },
      logger: false,
      clock: () => now,
    })
    const app = express()
      .use(requireToken())
      .use((_request, response) => void response.send('in'))
    const call = await serve(app)
    const getStatus = async () => (await call('GET', '/', 'an-opaque-token')).status

    expect(await getStatus()).toBe(200)
    server.answer({ active: false })
    now += 9_000
    expect(await getStatus()).toBe(200)
    now += 2_000
    expect(await getStatus()).toBe(401)
    server.answer(active)
    now += 4_000
    expect(await getStatus()).toBe(200)
    await server.close()
    expect(await getStatus()).toBe(200)
    now += 11_000
    expect(await getStatus()).toBe(503)
  })
})
