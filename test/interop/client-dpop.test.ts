import type { IncomingMessage } from 'node:http'
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from '@bearward/example-authorization-server'
import { clientCredentials, type ClientCredentialsOptions } from '@bearward/client'
import { generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import { describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { verifyProof } from '../support/proofs.ts'
import { listen } from '../support/servers.ts'

const AUDIENCE = 'https://api.example.com'
const orders = { kind: 'confidential', id: 'orders', secret: 'a-secret-for-tests' } as const

/**
 * Starts an API that verifies each token and its proof with oauth4webapi. If `nonce` is set, each proof needs this nonce.
 * Records the outcome of each request.
 */
async function startApi({ issuer }: AuthorizationServer, nonce?: string) {
  const outcomes: string[] = []
  const discovery = await oauth.discoveryRequest(new URL(issuer), {
    [oauth.allowInsecureRequests]: true,
  })
  const as = await oauth.processDiscoveryResponse(new URL(issuer), discovery)

  async function verify(request: Request): Promise<Response> {
    try {
      const options = { requireDPoP: true, [oauth.allowInsecureRequests]: true }
      const claims = await oauth.validateJwtAccessToken(as, request, AUDIENCE, options)
      const proof = await verifyProof(request.headers.get('dpop'))
      if (nonce !== undefined && proof.claims['nonce'] !== nonce) {
        outcomes.push('use_dpop_nonce')
        const challenge = 'DPoP error="use_dpop_nonce", algs="ES256"'
        const headers = { 'WWW-Authenticate': challenge, 'DPoP-Nonce': nonce }
        return new Response('', { status: 401, headers })
      }
      outcomes.push(`${request.method} ${claims.client_id}`)
      return new Response('welcome')
    } catch (error) {
      outcomes.push(String(error))
      return new Response('', { status: 401, headers: { 'WWW-Authenticate': 'DPoP' } })
    }
  }

  const server = closing(
    await listen((request, response) => {
      request.resume()
      void verify(toRequest(request)).then(async (answer) =>
        response
          .writeHead(answer.status, Object.fromEntries(answer.headers))
          .end(await answer.text()),
      )
    }),
  )
  return { url: server.url, outcomes }
}

function toRequest({ method, url, headers }: IncomingMessage): Request {
  const { host, authorization = '', dpop } = headers
  return new Request(`http://${host}${url}`, {
    method: method!,
    headers: { authorization, ...(typeof dpop === 'string' && { dpop }) },
  })
}

async function startServer(requireDpopNonce: boolean): Promise<AuthorizationServer> {
  const resources = [{ identifier: AUDIENCE, scopes: ['read'], algorithm: 'ES256' }] as const
  return closing(await startAuthorizationServer({ resources, clients: [orders], requireDpopNonce }))
}

/** Creates a token source that uses DPoP and may call the API. */
function createSource(
  { issuer }: AuthorizationServer,
  api: { readonly url: string },
  options: Partial<ClientCredentialsOptions> = {},
) {
  return closing(
    clientCredentials({
      issuer,
      clientId: orders.id,
      clientAuthentication: { method: 'client_secret_basic', secret: orders.secret },
      resource: AUDIENCE,
      scope: 'read',
      maxWait: 0,
      allowedOrigins: [api.url],
      dpop: true,
      ...options,
    }),
  )
}

describe.each([
  ['without nonces', false, undefined],
  ['with nonces of both servers', true, 'a-nonce-of-the-api'],
] as const)(
  'dpop with oidc-provider and an API of oauth4webapi, %s',
  (_case, isRequired, nonce) => {
    const retry = nonce === undefined ? [] : ['use_dpop_nonce']

    it('source.fetch() is granted with a generated key', async () => {
      const server = await startServer(isRequired)
      const api = await startApi(server, nonce)
      const source = createSource(server, api)
      for (const [path, method] of [
        ['/reports?page=2', 'GET'],
        ['/', 'POST'],
        ['/a%20b', 'PUT'],
      ])
        expect((await source.fetch(api.url + path!, { method: method! })).status).toBe(200)
      expect(api.outcomes).toEqual([...retry, 'GET orders', 'POST orders', 'PUT orders'])
      expect(source.counters()).toMatchObject({ issued: 1, failed: 0 })
    })

    it.each(['ES256', 'PS256', 'EdDSA'] as const)(
      'source.fetch() is granted with a given key for %s',
      async (algorithm) => {
        const server = await startServer(isRequired)
        const api = await startApi(server, nonce)
        const key = await generateKeyPair(algorithm)
        const source = createSource(server, api, { dpop: { key, algorithm } })
        expect((await source.fetch(`${api.url}/reports`)).status).toBe(200)
        expect(api.outcomes).toEqual([...retry, 'GET orders'])
      },
    )

    it('a request of another HTTP client is granted with source.headers()', async () => {
      const server = await startServer(isRequired)
      const api = await startApi(server, nonce)
      const source = createSource(server, api)
      const url = `${api.url}/reports?page=2`
      let response = await fetch(url, { headers: await source.headers({ url }) })
      const given = response.headers.get('dpop-nonce')
      if (response.status === 401 && given !== null)
        response = await fetch(url, { headers: await source.headers({ url, nonce: given }) })
      expect(response.status).toBe(200)
      expect(api.outcomes).toEqual([...retry, 'GET orders'])
    })

    it('an API refuses a bound token with the scheme Bearer, and a bound token with the proof of another key', async () => {
      const server = await startServer(isRequired)
      const api = await startApi(server, nonce)
      const [source, other] = [createSource(server, api), createSource(server, api)]
      const { value } = await source.getToken()
      const headers = { authorization: `Bearer ${value}` }
      expect((await fetch(api.url, { headers })).status).toBe(401)
      const { Authorization } = await source.headers({ url: api.url })
      const { DPoP } = await other.headers({ url: api.url })
      const stolen = { headers: { Authorization, DPoP: DPoP! } }
      expect((await fetch(api.url, stolen)).status).toBe(401)
      expect(api.outcomes).toHaveLength(2)
      expect(api.outcomes.join()).not.toContain('orders')
    })
  },
)

describe('dpop with oidc-provider and a wrong clock', () => {
  it('getToken() with a wrong clock rejects with invalid_dpop_proof after one request', async () => {
    const server = await startServer(false)
    const clock = () => Date.now() - 3_600_000
    let requests = 0
    const source = createSource(
      server,
      { url: server.issuer },
      {
        clock,
        maxWait: 60,
        tokenEndpoint: `${server.issuer}/token`,
        fetch: async (url, init) => {
          requests++
          return fetch(url, init)
        },
      },
    )
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
      fault: 'configuration',
    })
    expect(requests).toBe(1)
  })

  it('getToken() with a wrong clock succeeds if oidc-provider requires nonces and therefore does not check iat', async () => {
    const server = await startServer(true)
    const clock = () => Date.now() - 3_600_000
    const source = createSource(server, { url: server.issuer }, { clock })
    expect((await source.getToken()).type).toBe('DPoP')
  })
})
