import { createBearward } from '@bearward/express'
import { discover, revokeToken, signIn } from '@bearward/example-authorization-server'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browse } from '../../examples/authorization-server/src/browser.ts'
import {
  requestToken,
  type TokenResponse,
} from '../../examples/authorization-server/src/token-request.ts'
import { bearer } from '../support/requests.ts'
import { listen, type RunningServer } from '../support/servers.ts'
import {
  CLIENTS,
  JWT_API,
  OPAQUE_API,
  SPA_REDIRECT_URI,
  startEveryGrantServer,
} from './every-grant-server.ts'

let server: Awaited<ReturnType<typeof startEveryGrantServer>>
let api: RunningServer

/** Starts an API that accepts JWTs, and opaque tokens by introspection. */
async function startApi(): Promise<RunningServer> {
  const { client_id: clientId, client_secret: secret } = CLIENTS.api
  const { requireToken } = createBearward({
    issuer: server.issuer,
    audience: [JWT_API, OPAQUE_API],
    tokenFormat: 'any',
    introspection: {
      clientId,
      clientAuthentication: { method: 'client_secret_basic', secret },
      maxAge: 0,
    },
    provider: 'node-oidc-provider',
    machineSubject: 'client_id',
  })
  const app = express()
  app.get('/', requireToken({ scope: 'read' }), (request, response) => {
    const { subject, clientId: client, scopes } = request.auth!
    response.json({ kind: subject.kind, id: subject.id, client, scopes })
  })
  for (const subject of ['user', 'machine'] as const)
    app.get(`/${subject}`, requireToken({ subject }), (_, response) => void response.send('in'))
  app.get('/write', requireToken({ scope: 'write' }), (_, response) => void response.send('in'))
  return listen(app)
}

beforeAll(async () => {
  server = await startEveryGrantServer()
  api = await startApi()
})

afterAll(async () => {
  await api.close()
  await server.close()
})

const toCredentials = (client: { client_id: string; client_secret?: string }) => ({
  id: client.client_id,
  ...(client.client_secret !== undefined && { secret: client.client_secret }),
})
const ada = { id: 'user-ada' }

const byCode = (resource: string) =>
  signIn(server.issuer, toCredentials(CLIENTS.native), ada, {
    scope: 'openid read',
    resource,
    offline: true,
  })

async function byRefresh(resource: string): Promise<TokenResponse> {
  const { refresh_token: refreshToken } = await byCode(resource)
  return requestToken(server.issuer, toCredentials(CLIENTS.native), {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    resource,
  })
}

/** Requests tokens by the implicit grant. They are in the fragment of the redirect (RFC 6749 section 4.2.2). */
async function byImplicit(resource: string): Promise<TokenResponse> {
  const start = new URL((await discover(server.issuer)).authorization_endpoint)
  start.search = new URLSearchParams({
    client_id: CLIENTS.spa.client_id,
    response_type: 'id_token token',
    redirect_uri: SPA_REDIRECT_URI,
    scope: 'openid read',
    nonce: 'a-nonce',
    resource,
  }).toString()
  const end = await browse(start, SPA_REDIRECT_URI, { login: ada.id, password: 'any' })
  return Object.fromEntries(new URLSearchParams(end.hash.slice(1))) as unknown as TokenResponse
}

const byPassword = (resource: string) =>
  requestToken(server.issuer, toCredentials(CLIENTS.legacy), {
    grant_type: 'password',
    username: 'user-ada',
    password: 'lovelace',
    scope: 'read',
    resource,
  })

const byClientCredentials = (resource: string) =>
  requestToken(server.issuer, toCredentials(CLIENTS.cron), {
    grant_type: 'client_credentials',
    scope: 'read',
    resource,
  })

async function call(path: string, token: string) {
  const response = await fetch(api.url + path, bearer(token))
  return { status: response.status, body: await response.text() }
}

/** Returns the subject, client and scopes that the API reads from a token, or the status of its refusal. */
async function getSubject(token: string): Promise<unknown> {
  const { status, body } = await call('/', token)
  return status === 200 ? JSON.parse(body) : status
}

const GRANTS = [
  ['authorization code with PKCE', byCode, 'user', CLIENTS.native],
  ['refresh token', byRefresh, 'user', CLIENTS.native],
  ['implicit', byImplicit, 'user', CLIENTS.spa],
  ['resource owner password', byPassword, 'user', CLIENTS.legacy],
  ['client credentials', byClientCredentials, 'machine', CLIENTS.cron],
] as const

describe.each([
  ['JWTs', JWT_API],
  ['opaque tokens', OPAQUE_API],
])('%s of every grant', (tokens, resource) => {
  it.each(GRANTS)(
    `a guard reads the claims of ${tokens}, checks kind and scope, and refuses a changed token: %s grant`,
    async (_grant, request, kind, client) => {
      const { access_token: token } = await request(resource)
      const id = kind === 'user' ? ada.id : client.client_id
      expect(await getSubject(token)).toEqual({
        kind,
        id,
        client: client.client_id,
        scopes: ['read'],
      })
      const other = kind === 'user' ? 'machine' : 'user'
      expect((await call(`/${kind}`, token)).status).toBe(200)
      expect((await call(`/${other}`, token)).status).toBe(403)
      expect((await call('/write', token)).status).toBe(403)
      // The status is 503 if the keys were fetched just before, because the signature may be of a new key.
      expect([401, 503]).toContain((await call('/', `${token.slice(0, -3)}AAA`)).status)
    },
  )

  it(`a guard refuses the ID tokens and the refresh token that are issued with ${tokens}`, async () => {
    const code = await byCode(resource)
    const implicit = await byImplicit(resource)
    const others = [code.id_token, implicit.id_token, code.refresh_token]
    for (const token of others)
      expect([typeof token, await getSubject(token!)]).toEqual(['string', 401])
  })
})

describe('revocation', () => {
  it('a guard refuses a revoked opaque token of every grant if introspection.maxAge is 0', async () => {
    for (const [, request, , client] of GRANTS) {
      const { access_token: token } = await request(OPAQUE_API)
      expect(await getSubject(token)).toMatchObject({ client: client.client_id })
      await revokeToken(server.issuer, toCredentials(client), token)
      expect(await getSubject(token)).toBe(401)
    }
  })
})
