import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import {
  certifiedServer,
  clientThumbprint,
  createNodeFetch,
  createUndiciFetch,
  getThumbprint,
  pairs,
} from '../../../test/support/certified.ts'
import { clientCredentials, type Fetch, type TokenError } from '../src/index.ts'
import { closing } from './setup.ts'

/** Returns the token for a certificate. The token contains the thumbprint of the certificate. */
const toToken = (thumbprint: string) => `bound-to-${thumbprint}`

/** Starts an authorization server that binds tokens to the client certificate, and an API that requires such tokens. */
async function createServers() {
  const bodies: string[] = []
  const seen: string[] = []
  const answer = (response: ServerResponse, status: number, body: object, headers = {}) =>
    response
      .writeHead(status, { 'Content-Type': 'application/json', ...headers })
      .end(JSON.stringify(body))
  const authorizationServer = await certifiedServer(async (request, response) => {
    bodies.push(await text(request))
    const access_token = toToken(getThumbprint(request))
    answer(response, 200, { access_token, token_type: 'Bearer', expires_in: 600 })
  })
  const api = await certifiedServer(async (request: IncomingMessage, response) => {
    const { method, url, headers } = request
    const body = await text(request)
    seen.push(`${method} ${url} ${headers['content-type'] ?? 'no type'} ${body}`)
    if (url === '/away') return response.writeHead(307, { Location: '/reports' }).end()
    const isBound = headers.authorization === `Bearer ${toToken(getThumbprint(request))}`
    const challenge = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }
    return isBound ? answer(response, 200, {}) : answer(response, 401, {}, challenge)
  })
  return { bodies, seen, api, authorizationServer }
}

/** Creates a source that authenticates with a certificate and may call the API. */
async function setup(fetch: Fetch, options: object = {}) {
  const { authorizationServer, api, ...more } = await createServers()
  const source = closing(
    clientCredentials({
      tokenEndpoint: `${authorizationServer.url}/token`,
      clientId: 'orders',
      clientAuthentication: { method: 'tls_client_auth' },
      allowedOrigins: [api.url],
      maxWait: 0,
      fetch,
      ...options,
    }),
  )
  return { source, api, ...more }
}

describe('a source with tls_client_auth', () => {
  it.each<[string, () => Fetch]>([
    ['the fetch of undici', () => createUndiciFetch()],
    ['a fetch over node:https', () => createNodeFetch],
  ])('source.fetch() presents the client certificate with %s', async (_case, getFetch) => {
    const { source, api, seen, bodies } = await setup(getFetch())
    const url = `${api.url}/reports?page=2`
    const calls: [string | URL | Request, RequestInit?][] = [
      [url],
      [new URL(url), { method: 'DELETE', headers: { 'X-Trace': '1' } }],
      [url, { method: 'POST', body: 'hello' }],
      [url, { method: 'PATCH', body: '{}', headers: { 'Content-Type': 'application/json' } }],
      [url, { method: 'POST', body: new URLSearchParams({ a: '1 2' }) }],
      [url, { method: 'PUT', body: new Uint8Array([104, 105]) }],
      [new Request(url, { method: 'POST', body: 'of a Request' })],
    ]
    for (const [input, init] of calls) {
      expect((await source.fetch(input, init)).status).toBe(200)
    }
    expect((await source.getToken()).value).toBe(toToken(clientThumbprint))
    expect(bodies).toEqual(['grant_type=client_credentials&client_id=orders'])
    const at = '/reports?page=2'
    expect(seen).toEqual([
      `GET ${at} no type `,
      `DELETE ${at} no type `,
      `POST ${at} text/plain;charset=UTF-8 hello`,
      `PATCH ${at} application/json {}`,
      `POST ${at} application/x-www-form-urlencoded;charset=UTF-8 a=1+2`,
      `PUT ${at} no type hi`,
      `POST ${at} text/plain;charset=UTF-8 of a Request`,
    ])
  })

  it('source.fetch() with tls_client_auth returns a redirect, and rejects with TypeError if the option redirect is error', async () => {
    const { source, api, seen } = await setup(createUndiciFetch())
    for (const redirect of ['follow', 'manual'] as const) {
      const response = await source.fetch(`${api.url}/away`, { redirect })
      expect([response.status, response.headers.get('location')]).toEqual([307, '/reports'])
    }
    await expect(source.fetch(`${api.url}/away`, { redirect: 'error' })).rejects.toThrow(TypeError)
    expect(seen).toHaveLength(3)
  })

  it('source.fetch() with tls_client_auth uses resourceFetch if it is set', async () => {
    const { source, api } = await setup(createUndiciFetch(), {
      resourceFetch: createUndiciFetch(pairs.other),
    })
    // The token is not bound to the certificate of this connection.
    expect((await source.fetch(api.url)).status).toBe(401)
  })

  it('source.fetch() with tls_client_auth rejects when its signal is aborted', async () => {
    const { source, api } = await setup(createUndiciFetch())
    await source.getToken()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(source.fetch(api.url, { signal })).rejects.toThrow('enough')
  })

  it('source.fetch() with tls_client_auth rejects with TypeError if the option fetch follows a redirect or does not return a Response', async () => {
    const call = createUndiciFetch()
    let isToken = true
    const wrong: [Fetch, string][] = [
      [async (...args) => ({ ...(await call(...args)), status: 200 }), 'set resourceFetch'],
      [
        async (...args) =>
          Object.defineProperty(await call(...args), 'redirected', { value: true }),
        "supports redirect: 'manual'",
      ],
    ]
    for (const [fetch, problem] of wrong) {
      isToken = true
      const { source, api } = await setup((...args) => (isToken ? call : fetch)(...args))
      await source.getToken()
      isToken = false
      const error: unknown = await source.fetch(api.url).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(TypeError)
      expect((error as TypeError).message).toContain(problem)
    }
  })

  it('getToken() with tls_client_auth rejects with the code unreachable if the option fetch does not present a certificate', async () => {
    const { source } = await setup((url, init) => createUndiciFetch({} as never)(url, init))
    const error = await source.getToken().catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({ code: 'unreachable' })
    expect((error as TokenError).detail).toMatch(
      /no response \((?:ERR_SSL|ECONNRESET|UND_ERR)\w*\)$/,
    )
  })
})

describe('a source with client_secret_basic', () => {
  it('source.fetch() with client_secret_basic does not use the option fetch', async () => {
    const called: string[] = []
    const { source, api } = await setup(
      (url, init) => {
        called.push(url)
        return createUndiciFetch()(url, init)
      },
      { clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' } },
    )
    await expect(source.fetch(api.url)).rejects.toThrow(TypeError)
    expect(called.filter((url) => url.startsWith(api.url))).toEqual([])
    expect(called).toHaveLength(1)
  })
})
