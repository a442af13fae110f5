import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { generateKey } from '../../../test/support/keys.ts'
import { requestWith } from '../../../test/support/requests.ts'
import { watchProcess } from '../../../test/support/watch-process.ts'
import {
  type BearwardEvent,
  createResourceServer,
  type HttpResponse,
  type MetadataOptions,
  type ResourceServer,
  type ResourceServerOptions,
} from '../src/index.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'
const PATH = `${WELL_KNOWN}/v1`

const faults = watchProcess()
const issuer = createTestIssuer()
const api = { issuer: ISSUER, jwks: issuer.jwks, resource: AUDIENCE }

function createServer(metadata: MetadataOptions = {}, more: object = {}) {
  return createResourceServer({ ...api, metadata, ...more })
}

async function fetchDocument(
  metadata: MetadataOptions = {},
  more: object = {},
): Promise<Record<string, unknown>> {
  const response = await createServer(metadata, more).metadata()({ method: 'GET', url: PATH })
  return JSON.parse(response!.body) as Record<string, unknown>
}

/** Creates a server, and collects its warnings about the option `metadata`. */
function watchWarnings(options: object) {
  const warnings: BearwardEvent[] = []
  const server = createResourceServer({
    ...options,
    onEvent: (event: BearwardEvent) => {
      if (event.type === 'configuration_warning' && event.option === 'metadata')
        warnings.push(event)
    },
  } as ResourceServerOptions)
  return { server, warnings }
}

describe('configuration_warning about the option metadata', () => {
  const refuse = (server: ResourceServer) => server.authorize(requestWith('not-a-token'))
  const unused = {
    type: 'configuration_warning',
    issuer: undefined,
    option: 'metadata',
    advice:
      'metadata() was not called, but challenges contain the address of the metadata. Mount the handler that metadata() returns, unless another program serves this address.',
  }

  it('configuration_warning is published once if metadata() was not called before the first challenge', async () => {
    const { server, warnings } = watchWarnings({ ...api, metadata: {} })
    expect(warnings).toEqual([])
    await refuse(server)
    expect(warnings).toEqual([unused])
    await refuse(server)
    expect(warnings).toHaveLength(1)
  })

  it('configuration_warning is not published for a response without a challenge, after metadata(), or without the option metadata', async () => {
    const revoked = () => {
      throw new Error('the store is down')
    }
    const failing = watchWarnings({ ...api, metadata: {}, revoked })
    expect(await failing.server.verify(issuer.token())).toMatchObject({ status: 503 })
    const mounted = watchWarnings({ ...api, metadata: {} })
    mounted.server.metadata()
    const without = watchWarnings(api)
    for (const { server } of [mounted, without]) await refuse(server)
    expect([failing, mounted, without].map(({ warnings }) => warnings)).toEqual([[], [], []])
    await refuse(failing.server)
    expect(failing.warnings).toEqual([unused])
  })

  it('configuration_warning is published at startup if all issuers come from resolve and authorizationServers is not set', () => {
    const issuers = { match: () => true, resolve: () => undefined }
    const options = { issuers, resource: AUDIENCE, metadata: {} }
    expect(watchWarnings(options).warnings).toEqual([
      {
        type: 'configuration_warning',
        issuer: undefined,
        option: 'metadata',
        advice:
          'The metadata contains no authorization_servers, because all issuers come from resolve. Set metadata.authorizationServers, so that clients find the authorization server.',
      },
    ])
    const named = { ...options, metadata: { authorizationServers: [ISSUER] } }
    const withStatic = { ...options, issuers: { ...issuers, static: [{ issuer: ISSUER }] } }
    const withoutMetadata = { ...options, metadata: undefined }
    for (const other of [named, withStatic, withoutMetadata])
      expect(watchWarnings(other).warnings).toEqual([])
  })
})

describe('metadata()', () => {
  it('the handler of metadata() responds with the document and its headers, without reading the headers of the request', async () => {
    const respond = createServer().metadata()
    const request = {
      method: 'GET',
      url: PATH,
      get headers(): never {
        throw new Error('headers were read')
      },
    }
    expect(await respond(request)).toEqual({
      status: 200,
      headers: {
        'Access-Control-Allow-Origin': '*',
        'Cache-Control': 'public, max-age=3600',
        'Content-Type': 'application/json',
      },
      body: `{"resource":"${AUDIENCE}","authorization_servers":["${ISSUER}"],"bearer_methods_supported":["header"]}`,
    })
  })

  it.each([
    '/',
    '',
    '*',
    '/v1',
    WELL_KNOWN,
    `${WELL_KNOWN}/v1/`,
    `${WELL_KNOWN}/V1`,
    `${WELL_KNOWN}//v1`,
    `${WELL_KNOWN}/../v1`,
    `/${PATH}`,
    `//evil.example${PATH}`,
    `/a/..${PATH}`,
    `${PATH}#a`,
    `${PATH}/../v1`,
    `https://api.example.com/v1${PATH}`,
    `evil.example:443`,
    'http://[',
    `${PATH}%3Fa`,
    `\\${PATH}`,
  ])('9728-16: the handler of metadata() returns undefined for the target %j', (url) => {
    for (const method of ['GET', 'POST', 'OPTIONS'])
      expect(createServer().metadata()({ method, url })).toBeUndefined()
  })

  it('9728-15: the handler of metadata() responds to GET, HEAD and OPTIONS, and with 405 to any other method', async () => {
    const respond = createServer().metadata()
    const statusOf = async (method: string) => (await respond({ method, url: PATH }))?.status
    const get = await respond({ method: 'GET', url: PATH })
    expect(await respond({ method: 'HEAD', url: PATH })).toEqual(get)
    expect(await statusOf('OPTIONS')).toBe(204)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'CONNECT', 'get', '', 'X'])
      expect([method, await statusOf(method)]).toEqual([method, 405])
  })

  it('the handler of metadata() returns responses whose header values are strings without line ends', async () => {
    const respond = createServer({ maxAge: 0 }).metadata()
    for (const method of ['GET', 'OPTIONS', 'POST']) {
      const { headers } = (await respond({ method, url: PATH })) as HttpResponse
      for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7E]+$/)
    }
    expect((await respond({ method: 'GET', url: PATH }))!.headers['Cache-Control']).toBe(
      'public, max-age=0',
    )
  })

  it('9728-13: the metadata document contains tls_client_certificate_bound_access_tokens only with the option mtls', async () => {
    const member = 'tls_client_certificate_bound_access_tokens'
    expect(await fetchDocument()).not.toHaveProperty(member)
    for (const mode of ['accept', 'required']) {
      const mtls = { certificate: 'tls', mode }
      expect(await fetchDocument({}, { mtls })).toMatchObject({ [member]: true })
    }
    const signed = {
      issuer: AUDIENCE,
      key: generateKey('ES256').privateKey,
      algorithm: 'ES256',
    } as const
    const document = await fetchDocument({ signed }, { mtls: { certificate: 'tls' } })
    expect(decodeJwt(document['signed_metadata'] as string)).toMatchObject({ [member]: true })
  })

  it('9728-08: the metadata document omits issuers that clients cannot call, and omits authorization_servers if no issuer is left', async () => {
    const adfs = 'http://adfs.example.com/adfs/services/trust'
    const documentOf = (issuers: readonly string[], more: object = {}) =>
      fetchDocument(
        {},
        {
          issuer: undefined,
          jwks: undefined,
          issuers: issuers.map((name) => ({ issuer: name, jwks: issuer.jwks })),
          ...more,
        },
      )
    expect(await documentOf([adfs, ISSUER])).toMatchObject({ authorization_servers: [ISSUER] })
    expect(await documentOf([adfs])).not.toHaveProperty('authorization_servers')
    expect(await documentOf([adfs], { allowInsecureHosts: ['adfs.example.com'] })).toMatchObject({
      authorization_servers: [adfs],
    })
  })

  it('9728-08: the metadata document lists tenants and public platforms only if the option authorizationServers lists them', async () => {
    const tenant = 'https://login.example.com/a/v2.0'
    const tenants = { issuer: 'https://login.example.com/{tenantid}/v2.0', tenants: ['a', 'b'] }
    expect(await fetchDocument({}, tenants)).not.toHaveProperty('authorization_servers')
    expect(await fetchDocument({ authorizationServers: [tenant] }, tenants)).toMatchObject({
      authorization_servers: [tenant],
    })
    const github = { issuer: 'https://token.actions.githubusercontent.com' }
    expect(await fetchDocument({}, github)).not.toHaveProperty('authorization_servers')
  })

  it('9728-09: the metadata document contains only the scopes in scopes.supported, and not those in scopes.implies', async () => {
    expect(await fetchDocument({}, { scopes: { implies: { a: ['b'] } } })).not.toHaveProperty(
      'scopes_supported',
    )
    const scopes = { supported: ['b', 'a'], implies: { a: ['b'] } }
    expect(await fetchDocument({}, { scopes })).toMatchObject({ scopes_supported: ['b', 'a'] })
  })

  it.each(['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519'] as const)(
    '9728-17: jose verifies metadata that a KeyObject or a JWK signs with %s',
    async (algorithm) => {
      const { privateKey, publicKey } = generateKey(algorithm)
      const jwk = privateKey.export({ format: 'jwk' }) as { kty: string }
      for (const key of [privateKey, jwk]) {
        const { signed_metadata: jwt, ...members } = await fetchDocument({
          signed: { issuer: 'https://vouching.example.com', key, algorithm },
          more: { 'resource_name#it': 'API' },
        })
        const verified = await jwtVerify(jwt as string, publicKey, { algorithms: [algorithm] })
        expect(verified.payload).toEqual({ ...members, iss: 'https://vouching.example.com' })
        expect(verified.payload).not.toHaveProperty('signed_metadata')
        expect(verified.protectedHeader).toEqual({ alg: algorithm })
      }
    },
  )

  it('9728-17: signed metadata has the alg and the kid of the JWK, unless the option keyId replaces the kid', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = { ...privateKey.export({ format: 'jwk' }), kty: 'EC', alg: 'ES256', kid: 'a' }
    const headerOf = async (more: object) => {
      const document = await fetchDocument({ signed: { issuer: AUDIENCE, key, ...more } })
      return decodeProtectedHeader(document['signed_metadata'] as string)
    }
    expect(await headerOf({})).toEqual({ alg: 'ES256', kid: 'a' })
    expect(await headerOf({ keyId: 'b' })).toEqual({ alg: 'ES256', kid: 'b' })
  })

  it('9728-17: the metadata document is signed once for ready(), simultaneous requests and later requests', async () => {
    const server = createServer({
      signed: { issuer: AUDIENCE, key: generateKey('ES256').privateKey, algorithm: 'ES256' },
    })
    const respond = server.metadata()
    const request = { method: 'GET', url: PATH }
    const both = await Promise.all([respond(request), respond(request), server.ready()])
    expect(both[0]).toEqual(both[1])
    expect(await respond(request)).toEqual(both[0])
    expect(respond({ method: 'GET', url: '/' })).toBeUndefined()
  })

  it('9728-17: ready() and the handler of metadata() reject if the key of metadata.signed cannot sign, and guards still work', async () => {
    const jwk = { kty: 'EC', crv: 'P-256', alg: 'ES256', d: 'AA', x: 'AA', y: 'AA' }
    const server = createServer({ signed: { issuer: AUDIENCE, key: jwk } })
    await expect(server.ready()).rejects.toThrow(Error)
    await expect(server.metadata()({ method: 'GET', url: PATH })).rejects.toThrow(Error)
    expect(server.guard()(requestWith(issuer.token()))).toMatchObject({ kind: 'granted' })
    expect(await faults.faults()).toEqual([])
  })

  it('9728-22: the metadata document of an API with many options contains only members of RFC 9728', async () => {
    const document = await fetchDocument(
      {},
      {
        audience: ['urn:internal', 'https://internal.example.com'],
        jwks: undefined,
        jwksUri: 'https://keys.internal.example.com/jwks?api-key=a-secret',
        allowedClients: ['partner'],
        machineClients: ['partner'],
        introspection: {
          endpoint: 'https://introspect.internal.example.com',
          clientId: 'the-api',
          clientAuthentication: { method: 'client_secret_basic', secret: 'a-client-secret' },
        },
        realm: 'internal',
      },
    )
    expect(document).toEqual({
      resource: AUDIENCE,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    })
  })
})
