import { createPublicKey, X509Certificate } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { clientCredentials } from '@bearward/client'
import type { BearwardEvent } from '@bearward/core'
import express from 'express'
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  loadOidcProvider,
  withoutNotices,
} from '../../examples/authorization-server/src/load-oidc-provider.ts'
import { onExpress } from '../frameworks/express/mount.ts'
import { clientThumbprint, createUndiciFetch, pairs, toThumbprint } from '../support/certified.ts'
import { closing } from '../support/closing.ts'
import { generateKey } from '../support/keys.ts'
import { createTlsServer, getByTls } from '../support/mutual-tls.ts'
import { listen, type RunningServer } from '../support/servers.ts'
import { LIFETIMES } from './lifetimes.ts'

const JWT_API = 'https://jwt.example.com'
const OPAQUE_API = 'https://opaque.example.com'

/** The path of the endpoints for clients that authenticate with a certificate (RFC 8705 section 5). */
const ALIAS = '/mtls'

interface TestServer extends RunningServer {
  /** The paths of requests to the aliases. */
  readonly aliased: string[]
}

/** Returns the JWK Set of a client that is registered with a self-signed certificate (RFC 8705 section 2.2.2). */
function toJwks(pem: string) {
  const certificate = new X509Certificate(pem)
  const x5c = [certificate.raw.toString('base64')]
  const jwk = createPublicKey(pem).export({ format: 'jwk' })
  return {
    keys: [{ ...jwk, x5c, 'x5t#S256': toThumbprint(certificate), use: 'sig', alg: 'ES256' }],
  }
}

/** Starts `oidc-provider`. Its clients authenticate with self-signed certificates, and get bound tokens. */
async function startAuthorizationServer(): Promise<TestServer> {
  const { Provider, errors } = await loadOidcProvider()
  const aliased: string[] = []
  let handle: (request: IncomingMessage, response: never) => unknown
  const server = createServer(
    { ...pairs.server, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      if (request.url?.startsWith(`${ALIAS}/`) === true) {
        request.url = request.url.slice(ALIAS.length)
        aliased.push(request.url)
      }
      void handle(request, response as never)
    },
  )
  const { port, close } = closing(await listen(server as unknown as Server))
  const issuer = `https://127.0.0.1:${port}`
  const { privateKey, jwk } = generateKey('ES256')
  const client = (id: string, pem: string) => ({
    client_id: id,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    tls_client_certificate_bound_access_tokens: true,
    id_token_signed_response_alg: 'ES256',
    jwks: toJwks(pem),
  })
  const configuration = {
    jwks: { keys: [{ ...jwk, ...privateKey.export({ format: 'jwk' }) }] },
    clients: [client('orders', pairs.client.cert), client('the-api', pairs.other.cert)],
    clientAuthMethods: ['self_signed_tls_client_auth'],
    clientBasedCORS: () => false,
    discovery: {
      mtls_endpoint_aliases: {
        token_endpoint: `${issuer}${ALIAS}/token`,
        introspection_endpoint: `${issuer}${ALIAS}/token/introspection`,
      },
    },
    findAccount: () => undefined,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        getCertificate: ({ socket }: KoaContextWithOIDC) =>
          (socket as TLSSocket).getPeerX509Certificate(),
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context: unknown, audience: string) {
          const common = { audience, scope: 'read', accessTokenTTL: 3600 }
          if (audience === OPAQUE_API) return { ...common, accessTokenFormat: 'opaque' }
          if (audience !== JWT_API) throw new errors.InvalidTarget()
          return { ...common, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }
        },
      },
    },
    ttl: LIFETIMES,
  }
  const provider = withoutNotices(
    () => new Provider(issuer, configuration as never as Configuration),
  )
  handle = provider.callback()
  return { url: issuer, port, close, aliased }
}

let authorizationServer: TestServer
beforeEach(async () => {
  authorizationServer = await startAuthorizationServer()
})

/** Creates the token source of the client `orders`, which authenticates with its certificate. */
function createSource(resource: string, allowedOrigin?: string) {
  return closing(
    clientCredentials({
      issuer: authorizationServer.url,
      clientId: 'orders',
      clientAuthentication: { method: 'tls_client_auth' },
      fetch: createUndiciFetch(),
      resource,
      ...(allowedOrigin !== undefined && { allowedOrigins: [allowedOrigin] }),
      scope: 'read',
      maxWait: 0,
    }),
  )
}

/** Starts an API that requires bound tokens. Opaque tokens are introspected with the certificate of the API. */
async function startApi(audience: string) {
  const events: BearwardEvent[] = []
  const byIntrospection = {
    tokenFormat: 'opaque',
    introspection: { clientId: 'the-api', clientAuthentication: { method: 'tls_client_auth' } },
  } as const
  const { port } = closing(
    await onExpress('Express', express).start({
      options: {
        issuer: authorizationServer.url,
        audience,
        fetch: createUndiciFetch(pairs.other),
        mtls: { certificate: 'tls', mode: 'required' },
        onEvent: (event) => events.push(event),
        ...(audience === OPAQUE_API && byIntrospection),
      },
      routes: [
        { requirements: { scope: 'read' }, handle: async (token) => ({ for: token?.clientId }) },
      ],
      maxHeaderSize: 16_384,
      createServer: createTlsServer(),
    }),
  )
  const takeReasons = () =>
    events.splice(0).flatMap((event) => (event.type === 'refused' ? event.reason : []))
  return { port, origin: `https://127.0.0.1:${port}`, takeReasons }
}

describe.each([
  ['a JWT', JWT_API],
  ['an opaque token', OPAQUE_API],
])('%s of oidc-provider that is bound to a certificate', (form, audience) => {
  it(`8705-01, 8705-02, 8705-05: a guard accepts ${form} only from the client that has requested it`, async () => {
    const api = await startApi(audience)
    const source = createSource(audience, api.origin)
    const response = await source.fetch(`${api.origin}/`)
    expect([response.status, await response.json()]).toEqual([200, { for: 'orders' }])
    const { value } = await source.getToken()
    expect(api.takeReasons()).toEqual([])
    expect((await getByTls(api.port, value, pairs.other)).status).toBe(401)
    expect((await getByTls(api.port, value)).status).toBe(401)
    expect(api.takeReasons()).toEqual(['wrong_certificate', 'no_certificate'])
  })
})

describe('oidc-provider with mtls_endpoint_aliases', () => {
  it('8705-14: the API introspects a token at the alias of the endpoint, with the certificate of the API', async () => {
    const api = await startApi(OPAQUE_API)
    const source = createSource(OPAQUE_API, api.origin)
    expect((await source.fetch(`${api.origin}/`)).status).toBe(200)
    expect(authorizationServer.aliased).toEqual(['/token', '/token/introspection'])
  })

  it('the token of oidc-provider contains the thumbprint of the certificate', async () => {
    const { value } = await createSource(JWT_API).getToken()
    const claims = JSON.parse(Buffer.from(value.split('.')[1]!, 'base64url').toString()) as object
    expect(claims).toMatchObject({ cnf: { 'x5t#S256': clientThumbprint } })
  })
})
