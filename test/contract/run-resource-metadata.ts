import { generateKeyPairSync } from 'node:crypto'
import type { AccessToken, ResourceServerOptions } from '@bearward/core'
import { decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Framework } from '../frameworks/framework.ts'
import { parseChallenges } from '../support/challenge-parser.ts'
import { AUDIENCE } from '../support/issuer.ts'
import { bearerLine } from '../support/requests.ts'
import { type RawResponse, type RunningServer, sendRaw } from '../support/servers.ts'
import { introspectionAt, METADATA_URL } from './configurations.ts'
import { attacker, claiming, clock, issuerA, issuerB, token } from './fixture.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

const ADFS = 'http://adfs.example.com/adfs/services/trust'
const LOCAL = 'http://127.0.0.1:9/realms/local'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const one = { issuer: issuerA.issuer, jwks: issuerA.jwks, clock } as const

/** APIs of one application, by name. Each has its own issuers and its own metadata. */
const APIS = {
  path: {
    ...one,
    resource: AUDIENCE,
    scopes: { supported: ['read', 'write', 'admin'], implies: { admin: ['read', 'write'] } },
    metadata: {
      name: 'Reports',
      documentation: 'https://docs.example.com/reports',
      policyUri: 'https://example.com/policy',
      tosUri: 'https://example.com/terms',
      jwksUri: 'https://api.example.com/jwks',
      signingAlgorithms: ['ES256', 'EdDSA'],
      more: {
        'resource_name#it': 'API dei rapporti',
        'resource_documentation#it': 'https://docs.example.com/rapporti',
        authorization_details_types_supported: ['payment'],
      },
      maxAge: 60,
    },
  },
  'another path': { ...one, resource: `${AUDIENCE}/deep/er`, metadata: {} },
  root: { ...one, resource: 'https://root.example.com', metadata: {} },
  query: { ...one, resource: 'https://query.example.com/q?tenant=a', metadata: {} },
  signed: {
    ...one,
    resource: 'https://signed.example.com/signed',
    metadata: {
      signed: {
        issuer: 'https://signed.example.com/signed',
        key: privateKey,
        algorithm: 'ES256',
        keyId: 'metadata-1',
      },
    },
  },
  'several issuers': {
    resource: 'https://several.example.com/several',
    metadata: {},
    issuers: [
      { issuer: issuerA.issuer, jwks: issuerA.jwks },
      { issuer: issuerB.issuer, jwks: issuerB.jwks },
      { issuer: ADFS, jwks: issuerA.jwks },
      { issuer: LOCAL, jwks: issuerA.jwks },
      { issuer: 'accounts.example.com', jwks: issuerA.jwks },
    ],
  },
  'advertised issuers': {
    resource: 'https://advertised.example.com/advertised',
    metadata: { authorizationServers: [issuerB.issuer] },
    issuers: [
      { issuer: issuerA.issuer, jwks: issuerA.jwks },
      { issuer: issuerB.issuer, jwks: issuerB.jwks },
    ],
  },
  'a token elsewhere': {
    ...one,
    resource: 'https://cookie.example.com/cookie',
    metadata: {},
    credentials: { header: 'X-Gateway-Assertion' },
  },
  secrets: {
    ...introspectionAt('https://internal.example.com/introspect'),
    issuer: issuerA.issuer,
    audience: ['urn:internal:reports', 'https://audience.example.com'],
    resource: 'https://secret.example.com/secrets',
    allowedClients: ['a-client-of-a-partner'],
    machineClients: ['a-client-of-a-partner'],
    realm: 'an-internal-realm',
    metadata: {},
  },
} as const satisfies Record<string, ResourceServerOptions>

type ApiName = keyof typeof APIS

/** Paths of the documents. */
const PATHS: Readonly<Record<ApiName, string>> = {
  path: `${WELL_KNOWN}/v1`,
  'another path': `${WELL_KNOWN}/v1/deep/er`,
  root: WELL_KNOWN,
  query: `${WELL_KNOWN}/q?tenant=a`,
  signed: `${WELL_KNOWN}/signed`,
  'several issuers': `${WELL_KNOWN}/several`,
  'advertised issuers': `${WELL_KNOWN}/advertised`,
  'a token elsewhere': `${WELL_KNOWN}/cookie`,
  secrets: `${WELL_KNOWN}/secrets`,
}

/** Header lines with which a caller or a proxy could try to change the document. */
const MISLEADING = [
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Prefix: /evil',
  'X-Original-URL: /evil',
  'Forwarded: host=evil.example;proto=http',
]

interface Sent {
  readonly method?: string
  readonly host?: string
  readonly lines?: readonly string[]
}

/** Requests the metadata of APIs with one adapter. */
export function describeMetadata(framework: Framework): void {
  describe(`metadata of APIs on ${framework.name}`, () => {
    const granted: (AccessToken | undefined)[] = []
    let server: RunningServer
    let atRoot: RunningServer

    beforeAll(async () => {
      const start = (options: ResourceServerOptions, metadata: readonly ResourceServerOptions[]) =>
        framework.start({
          options: { ...options, logger: false },
          routes: [
            {
              // The guard protects every path. Documents are available without a token, because `metadata()` runs first.
              requirements: { scope: 'read' },
              handle: async (verified) => ({ handled: granted.push(verified) }),
            },
          ],
          maxHeaderSize: 16_384,
          before: { metadata: metadata.map((api) => ({ ...api, logger: false })) },
        })
      server = await start(APIS.path, Object.values(APIS))
      const { metadata } = APIS.path
      atRoot = await start(APIS.path, [{ ...APIS.path, metadata: { ...metadata, atRoot: true } }])
    })
    afterAll(() => Promise.all([server.close(), atRoot.close()]))

    async function send(
      target: string,
      { method = 'GET', host = '127.0.0.1', lines = [] }: Sent = {},
      { port } = server,
    ): Promise<RawResponse> {
      granted.length = 0
      const head = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...lines, 'Connection: close']
      return sendRaw(port, `${head.join('\r\n')}\r\n\r\n`)
    }

    async function read(api: ApiName): Promise<Record<string, unknown>> {
      return parse(await send(PATHS[api]))
    }

    it.each([
      ['https://h.example.com', WELL_KNOWN],
      ['https://h.example.com/', WELL_KNOWN],
      ['https://h.example.com/v1', `${WELL_KNOWN}/v1`],
      ['https://h.example.com/v1/', `${WELL_KNOWN}/v1/`],
      ['https://h.example.com/v1/deep/er', `${WELL_KNOWN}/v1/deep/er`],
      ['https://h.example.com:8443/caf%C3%A9', `${WELL_KNOWN}/caf%C3%A9`],
      ['https://h.example.com/q?tenant=a', `${WELL_KNOWN}/q?tenant=a`],
      ['https://h.example.com/?tenant=a', `${WELL_KNOWN}?tenant=a`],
      ['http://127.0.0.1:3000/mcp', `${WELL_KNOWN}/mcp`],
    ])(
      '9728-01, 9728-02, 9728-03, 9728-04: metadata() serves the document of %s at %s',
      async (resource, target) => {
        const options = { ...one, resource, metadata: {}, logger: false } as const
        const api = await framework.start({
          options,
          routes: [],
          maxHeaderSize: 16_384,
          before: { metadata: [options] },
        })
        const response = await send(target, {}, api)
        await api.close()
        expect(response.status).toBe(200)
        expect(parse(response)).toMatchObject({ resource })
      },
    )

    it('9728-05, 9728-21: metadata() sends the document as cacheable JSON that every origin can read', async () => {
      const response = await send(PATHS.path)
      expect(response.status).toBe(200)
      expect(response.header('Content-Type')).toBe('application/json')
      expect(response.header('Cache-Control')).toBe('public, max-age=60')
      expect(response.header('Access-Control-Allow-Origin')).toBe('*')
      expect(response.header('Content-Length')).toBe(String(Buffer.byteLength(response.body)))
      expect(response.header('WWW-Authenticate')).toBeUndefined()
      expect(granted).toEqual([])
      expect((await send(PATHS.root)).header('Cache-Control')).toBe('public, max-age=3600')
    })

    it.each([
      ['another Host', PATHS.path, { host: 'evil.example' }],
      ['headers of a proxy', PATHS.path, { lines: MISLEADING }],
      ['a target in absolute form', `http://evil.example${PATHS.path}`, { host: 'evil.example' }],
      ['an https target', `https://evil.example:8443${PATHS.path}`, {}],
      ['a query', `${PATHS.path}?resource=https://evil.example`, {}],
      ['an origin', PATHS.path, { lines: ['Origin: https://evil.example'] }],
      ['a token', PATHS.path, { lines: [bearerLine(token())] }],
      ['a forged token', PATHS.path, { lines: [bearerLine(issuerA.token({ key: attacker }))] }],
      ['two tokens', PATHS.path, { lines: [bearerLine(token()), bearerLine(token())] }],
    ] as const)(
      '9728-06, 9728-15, MCP-24: metadata() sends the same document in response to a request with %s',
      async (_what, target, sent) => {
        const [expected, response] = [await send(PATHS.path), await send(target, sent)]
        expect(response.status).toBe(200)
        expect(response.body).toBe(expected.body)
        expect(headersOf(response)).toEqual(headersOf(expected))
      },
    )

    it('9728-09, 9728-10, 9728-11, 9728-20: the document contains the members that options set', async () => {
      expect(await read('path')).toEqual({
        resource: AUDIENCE,
        authorization_servers: [issuerA.issuer],
        jwks_uri: 'https://api.example.com/jwks',
        scopes_supported: ['read', 'write', 'admin'],
        bearer_methods_supported: ['header'],
        resource_signing_alg_values_supported: ['ES256', 'EdDSA'],
        resource_name: 'Reports',
        resource_documentation: 'https://docs.example.com/reports',
        resource_policy_uri: 'https://example.com/policy',
        resource_tos_uri: 'https://example.com/terms',
        'resource_name#it': 'API dei rapporti',
        'resource_documentation#it': 'https://docs.example.com/rapporti',
        authorization_details_types_supported: ['payment'],
      })
    })

    it('9728-07: the document omits members without a value', async () => {
      expect(await read('root')).toEqual({
        resource: 'https://root.example.com',
        authorization_servers: [issuerA.issuer],
        bearer_methods_supported: ['header'],
      })
      expect(await read('a token elsewhere')).toEqual({
        resource: 'https://cookie.example.com/cookie',
        authorization_servers: [issuerA.issuer],
      })
    })

    it('9728-08, MCP-01: the document lists the trusted issuers that clients can call, or the issuers in authorizationServers', async () => {
      expect(await read('several issuers')).toMatchObject({
        authorization_servers: [issuerA.issuer, issuerB.issuer, LOCAL],
      })
      expect(await read('advertised issuers')).toMatchObject({
        authorization_servers: [issuerB.issuer],
      })
    })

    it('9728-14, MCP-02, MCP-24: the address in a challenge leads to the document of the resource', async () => {
      const requests: readonly Sent[] = [
        {},
        { lines: [bearerLine(claiming({ exp: 1 }))] },
        { lines: [bearerLine(claiming({ scope: 'other' }))] },
        { lines: ['Authorization: Bearer'] },
        { host: 'evil.example', lines: MISLEADING },
      ]
      const statuses: number[] = []
      for (const sent of requests) {
        const refused = await send('/reports', sent)
        statuses.push(refused.status)
        const [challenge, ...others] = parseChallenges(refused.header('WWW-Authenticate')!)
        expect(others).toEqual([])
        const url = new URL(new Map(challenge!.parameters).get('resource_metadata')!)
        expect(url.href).toBe(METADATA_URL)
        const response = await send(url.pathname + url.search, { host: url.host })
        expect(response.status).toBe(200)
        expect(parse(response)).toMatchObject({ resource: AUDIENCE })
      }
      expect(statuses).toEqual([401, 401, 403, 400, 401])
      expect(granted).toEqual([])
    })

    it('9728-15: metadata() responds to HEAD like to GET, without a body', async () => {
      const [get, head] = [await send(PATHS.path), await send(PATHS.path, { method: 'HEAD' })]
      expect(head.status).toBe(200)
      expect(head.body).toBe('')
      const { 'content-length': length, ...others } = headersOf(get)
      const isOmitted = framework.changes?.headWithoutLength !== undefined
      expect(headersOf(head)).toEqual(isOmitted ? others : { ...others, 'content-length': length })
    })

    it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
      '9728-15: metadata() responds to %s with 405 and Allow, and without a challenge',
      async (method) => {
        const lines = ['Content-Length: 0', bearerLine(token())]
        const response = await send(PATHS.path, { method, lines })
        expect(response.status).toBe(405)
        expect(response.header('Allow')).toBe('GET, HEAD, OPTIONS')
        expect(response.header('Cache-Control')).toBe('no-store')
        expect(response.header('WWW-Authenticate')).toBeUndefined()
        expect(response.body).toBe('Use GET.')
        expect(granted).toEqual([])
      },
    )

    it('9728-21: metadata() responds to a preflight request without a token', async () => {
      const lines = [
        'Origin: https://app.example.com',
        'Access-Control-Request-Method: GET',
        'Access-Control-Request-Headers: mcp-protocol-version',
      ]
      const response = await send(PATHS.path, { method: 'OPTIONS', lines })
      expect(response.status).toBe(204)
      expect(response.header('Access-Control-Allow-Origin')).toBe('*')
      expect(response.header('Access-Control-Allow-Methods')).toBe('GET, HEAD, OPTIONS')
      expect(response.header('Access-Control-Allow-Headers')).toBe('*')
      expect(response.header('Access-Control-Allow-Credentials')).toBeUndefined()
      expect(response.header('Content-Length')).toBeUndefined()
      expect(response.body).toBe('')
    })

    it.each([
      ['an unknown path', `${WELL_KNOWN}/unknown`],
      ['a longer path', `${PATHS.path}/more`],
      ['a slash at the end', `${PATHS.path}/`],
      ['a slash after the path of the root', `${WELL_KNOWN}/`],
      ['a shorter path', '/.well-known'],
      ['the path in upper case', PATHS.path.toUpperCase()],
      ['the path of the resource before the well-known path', `/v1${WELL_KNOWN}`],
      ['the path with a percent-encoded letter', PATHS.path.replace('known', '%6bnown')],
      ['a document without the query of its resource', `${WELL_KNOWN}/q`],
      ['a document with a query that its resource does not have', `${WELL_KNOWN}/q?tenant=b`],
    ])(
      '9728-16: metadata() passes a request for %s to the guard, and the body of the response does not contain the well-known path',
      async (_what, target) => {
        const response = await send(target)
        expect(response.status).toBe(401)
        expect(response.header('WWW-Authenticate')).toContain(`resource_metadata="${METADATA_URL}"`)
        expect(response.body).not.toContain(WELL_KNOWN)
        await send(target, { lines: [bearerLine(token())] })
        expect(granted).toHaveLength(1)
      },
    )

    it('9728-17: metadata() signs the document with the configured key', async () => {
      const { signed_metadata: jwt, ...members } = await read('signed')
      const { payload, protectedHeader } = await jwtVerify(jwt as string, publicKey)
      expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'metadata-1' })
      expect(payload).toEqual({ ...members, iss: 'https://signed.example.com/signed' })
      expect(decodeJwt(jwt as string)).not.toHaveProperty('signed_metadata')
      expect(members).toEqual({
        resource: 'https://signed.example.com/signed',
        authorization_servers: [issuerA.issuer],
        bearer_methods_supported: ['header'],
      })
      expect(await read('signed')).toEqual({ ...members, signed_metadata: jwt })
    })

    it('9728-19: metadata() serves one document for each resource of an application', async () => {
      const resources = new Map<string, unknown>()
      for (const api of Object.keys(APIS) as ApiName[])
        resources.set(api, (await read(api))['resource'])
      expect(Object.fromEntries(resources)).toEqual(
        Object.fromEntries(Object.entries(APIS).map(([api, { resource }]) => [api, resource])),
      )
    })

    it('9728-19, MCP-02: metadata() with atRoot also serves the document at the root, and challenges contain the address with the path', async () => {
      for (const target of [PATHS.path, WELL_KNOWN]) {
        const response = await send(target, {}, atRoot)
        expect(response.status).toBe(200)
        expect(parse(response)).toMatchObject({ resource: AUDIENCE })
      }
      const response = await send('/reports', {}, atRoot)
      expect(response.header('WWW-Authenticate')).toContain(`resource_metadata="${METADATA_URL}"`)
      expect((await send(`${WELL_KNOWN}/`, {}, atRoot)).status).toBe(401)
    })

    it('9728-22: the document contains no secrets, audiences, clients or internal addresses', async () => {
      expect((await send(PATHS.secrets)).body).toBe(
        `{"resource":"https://secret.example.com/secrets","authorization_servers":["${issuerA.issuer}"],"bearer_methods_supported":["header"]}`,
      )
    })
  })
}

function parse({ body }: RawResponse): Record<string, unknown> {
  return JSON.parse(body) as Record<string, unknown>
}

/** Returns the header fields that Bearward writes, and `Content-Length`. */
function headersOf({ rawHeaders }: RawResponse) {
  const others = ['connection', 'date', 'keep-alive', 'x-powered-by']
  const lines = rawHeaders.map(([name, value]) => [name.toLowerCase(), value] as const)
  return Object.fromEntries(lines.filter(([name]) => !others.includes(name)))
}
