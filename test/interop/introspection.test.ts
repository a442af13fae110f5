import '@bearward/express/req-auth'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BearwardEvent, IntrospectionOptions, IssuerOptions } from '@bearward/core'
import {
  type AuthorizationServer,
  requestClientCredentialsToken,
  revokeToken,
  signIn,
  startAuthorizationServer,
} from '@bearward/example-authorization-server'
import { createBearward } from '@bearward/express'
import express from 'express'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { bearer } from '../support/requests.ts'
import { listen } from '../support/servers.ts'

const API = 'https://api.example.com'
const OTHER_API = 'https://files.example.com'
const JWT_API = 'https://jwt.example.com'
const machine = {
  kind: 'confidential',
  id: 'reports-cron',
  secret: 'a secret: of/the+test',
} as const
const app = { kind: 'public', id: 'reports-web' } as const
const ada = { id: 'user-ada' }
/** The API as a client of the authorization server, with an id that needs encoding. */
const apiClient = { kind: 'confidential', id: 'the api', secret: 'p%+ :/&=' } as const

let authorizationServer: AuthorizationServer

beforeAll(async () => {
  authorizationServer = await startAuthorizationServer({
    resources: [
      { identifier: API, scopes: ['read', 'write'], format: 'opaque' },
      { identifier: OTHER_API, scopes: ['read'], format: 'opaque' },
      { identifier: JWT_API, scopes: ['read'] },
    ],
    clients: [machine, app, apiClient],
    users: [ada],
  })
})

afterEach(() => {
  vi.useRealTimers()
})

afterAll(() => authorizationServer.close())

const machineToken = async (resource = API, scope = 'read') =>
  (await requestClientCredentialsToken(authorizationServer.issuer, machine, { scope, resource }))
    .access_token
const signInAda = (scope: string, more: object = {}) =>
  signIn(authorizationServer.issuer, app, ada, { scope, resource: API, ...more })

/**
 * Starts an API with guards. Returns a function that sends a token, and returns the response, the reason of a refusal and the
 * failure of an introspection call.
 */
async function startApi(
  introspection: Partial<IntrospectionOptions> = {},
  options: Partial<IssuerOptions> & { clock?: ReturnType<typeof fakeClock> } = {},
) {
  const events: BearwardEvent[] = []
  const { requireToken } = createBearward({
    issuer: authorizationServer.issuer,
    audience: API,
    tokenFormat: 'opaque',
    introspection: {
      clientId: apiClient.id,
      clientAuthentication: { method: 'client_secret_basic', secret: apiClient.secret },
      ...introspection,
    },
    onEvent: (event: BearwardEvent) => events.push(event),
    ...options,
  })
  const api = express()
  api.get('/', requireToken({ scope: 'read' }), (req, res) => {
    const { clientId, subject, scopes, verifiedBy } = req.auth!
    res.json({ clientId, sub: subject.id, scopes, verifiedBy })
  })
  if (introspection.response === undefined && options.tokenFormat === 'any')
    api.get('/fresh', requireToken({ introspect: true }), (_req, res) => void res.json({}))
  const server = closing(await listen(api))
  return async (token: string, path = '/') => {
    events.length = 0
    const response = await fetch(server.url + path, bearer(token))
    const refused = events.find((event) => event.type === 'refused')
    const failed = events.find((event) => event.type === 'introspection_failed')
    return {
      status: response.status,
      reason: refused?.reason,
      failure: failed?.failure,
      body: (await response.json()) as Record<string, unknown>,
    }
  }
}

describe.each(['json', 'jwt'] as const)(
  'opaque tokens of oidc-provider with %s responses',
  (response) => {
    it(`a guard with response '${response}' grants opaque tokens of a machine and of a user only with the required scope`, async () => {
      const call = await startApi({ response })
      expect(await call(await machineToken())).toMatchObject({
        status: 200,
        body: { clientId: 'reports-cron', scopes: ['read'], verifiedBy: 'introspection' },
      })
      expect(await call((await signInAda('read write')).access_token)).toMatchObject({
        status: 200,
        body: { clientId: 'reports-web', sub: 'user-ada', scopes: ['read', 'write'] },
      })
      expect(await call(await machineToken(API, 'write'))).toMatchObject({
        status: 403,
        reason: 'insufficient_scope',
      })
    })

    it(`a guard with response '${response}' refuses a revoked opaque token after 10 s with maxAge 10, and immediately with maxAge 0`, async () => {
      const clock = fakeClock(Date.now() / 1000)
      const call = await startApi({ response, maxAge: 10 }, { clock })
      const token = await machineToken()
      expect(await call(token)).toMatchObject({ status: 200 })
      await revokeToken(authorizationServer.issuer, machine, token)
      expect(await call(token)).toMatchObject({ status: 200 })
      clock.advance(10)
      expect(await call(token)).toMatchObject({ status: 401, reason: 'inactive' })

      const strict = await startApi({ response, maxAge: 0 })
      const another = (await signInAda('read')).access_token
      expect(await strict(another)).toMatchObject({ status: 200 })
      await revokeToken(authorizationServer.issuer, app, another)
      expect(await strict(another)).toMatchObject({ status: 401, reason: 'inactive' })
    })

    it(`a guard with response '${response}' refuses a token that has expired by the clock of the authorization server`, async () => {
      const call = await startApi({ response, maxAge: 0 })
      const token = await machineToken()
      expect(await call(token)).toMatchObject({ status: 200 })
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_606_000 })
      expect(await call(token)).toMatchObject({ status: 401, reason: 'inactive' })
    })

    it(`a guard with response '${response}' refuses tokens for another API, tokens for no API, made-up tokens and refresh tokens`, async () => {
      const call = await startApi({ response })
      expect(await call(await machineToken(OTHER_API))).toMatchObject({
        status: 401,
        reason: 'wrong_audience',
      })
      const { access_token: nowhere } = await signInAda('openid', { resource: undefined })
      expect(await call(nowhere)).toMatchObject({ status: 401, reason: 'wrong_audience' })
      expect(await call('made-up')).toMatchObject({ status: 401, reason: 'inactive' })
      const { refresh_token: refresh } = await signInAda('openid read', { offline: true })
      expect(await call(refresh!)).toMatchObject({ status: 401 })
    })

    it(`a guard with response '${response}' responds with 503 if the credentials of the API are wrong`, async () => {
      const call = await startApi({
        response,
        clientAuthentication: { method: 'client_secret_basic', secret: 'wrong' },
      })
      expect(await call(await machineToken())).toMatchObject({
        status: 503,
        reason: 'introspection_unavailable',
        failure: 'credentials_refused',
      })
    })
  },
)

describe('an API whose clock is ahead', () => {
  // The response is JSON. An API with another clock rejects a signed response, because it contains the time of the server.
  it('a guard refuses an opaque token that has expired only by the clock of the API', async () => {
    const ahead = fakeClock(Date.now() / 1000)
    const call = await startApi({ maxAge: 3600 }, { clock: ahead })
    const token = await machineToken()
    expect(await call(token)).toMatchObject({ status: 200 })
    ahead.advance(3606)
    expect(await call(token)).toMatchObject({ status: 401, reason: 'expired' })
  })
})

describe('an issuer of JWTs and opaque tokens', () => {
  it('a guard with tokenFormat "any" verifies a JWT with the keys, and introspects an opaque token', async () => {
    const call = await startApi({}, { tokenFormat: 'any', audience: [API, JWT_API] })
    expect(await call(await machineToken(JWT_API))).toMatchObject({
      status: 200,
      body: { verifiedBy: 'jwt', sub: 'reports-cron' },
    })
    expect(await call(await machineToken())).toMatchObject({
      status: 200,
      body: { verifiedBy: 'introspection' },
    })
  })

  it('a guard with introspect: true responds with 503 to a JWT if the server does not introspect JWTs', async () => {
    const call = await startApi({}, { tokenFormat: 'any', audience: [API, JWT_API] })
    expect(await call(await machineToken(JWT_API), '/fresh')).toMatchObject({
      status: 503,
      reason: 'introspection_unavailable',
      failure: 'token_unsupported',
    })
    expect(await call(await machineToken(), '/fresh')).toMatchObject({ status: 200 })
  })
})

describe('an authorization server that is unreachable', () => {
  it('a guard responds with 503 if the introspection endpoint is unreachable', async () => {
    const placeholder = createServer().listen(0, '127.0.0.1')
    await once(placeholder, 'listening')
    const { port } = placeholder.address() as AddressInfo
    placeholder.close()
    const call = await startApi({ endpoint: `http://127.0.0.1:${port}/introspect` })
    expect(await call('a-token')).toMatchObject({ status: 503, failure: 'unreachable' })
  })
})
