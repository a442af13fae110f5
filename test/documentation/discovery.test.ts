import { createBearward } from '@bearward/express'
import {
  discover,
  requestClientCredentialsToken,
  type ServerMetadata,
} from '@bearward/example-authorization-server'
import type { Handler } from '@bearward/fetch'
import { getRequestListener } from '@hono/node-server'
import fastify, { type FastifyInstance } from 'fastify'
import * as forFastify from '@bearward/fastify'
import express, { type Express } from 'express'
import type { Hono } from 'hono'
import type Koa from 'koa'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { read } from '../repository/files.ts'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'
import {
  API,
  appInstead,
  describeDocument,
  fastifySnippet,
  issuerAddress,
  machine,
  type Scenario,
  useAuthorizationServer,
} from './fixture.ts'
import { readTable } from './read-table.ts'
import { adapt, runSnippet } from './snippets.ts'

const PAGE = 'docs/discovery.md'
const WELL_KNOWN = '/.well-known/oauth-protected-resource'

useAuthorizationServer()

/** The parts of a response that the page shows. */
interface Shown {
  readonly head: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Returns the response below a heading of the page. */
function readShown(heading: string): Shown {
  const section = read(PAGE).split(`\n## ${heading}\n`)[1]!
  const [, text] = /```text\n([^]*?)```/.exec(section)!
  const [head, body] = text!.split('\n\n')
  const [status, ...lines] = head!.split('\n')
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 2),
  ])
  return {
    head: status!,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: JSON.parse(body!),
  }
}

/** Checks that a response has the status, the headers and the body that the page shows. */
async function expectShown(response: Response, heading: string, issuer: string): Promise<void> {
  const { head, headers, body } = readShown(heading)
  expect(`HTTP/1.1 ${response.status} ${response.statusText}`).toBe(head)
  expect(Object.fromEntries(response.headers)).toMatchObject(headers)
  const text = (await response.text()).replace(issuer, 'https://auth.example.com')
  expect(JSON.parse(text)).toEqual(body)
}

/**
 * Gets a token like a client that knows only the address of an API. Follows the challenge to the metadata of the API, and then to
 * its authorization server. `url` is the address of the API in this test.
 */
async function getTokenFor(url: string, path: string): Promise<string> {
  const challenge = (await fetch(url + path)).headers.get('www-authenticate')!
  const address = /resource_metadata="([^"]+)"/.exec(challenge)![1]!
  const [, scope] = /scope="([^"]+)"/.exec(challenge)!
  const metadata = (await (await fetch(url + new URL(address).pathname)).json()) as {
    readonly resource: string
    readonly authorization_servers: readonly string[]
  }
  const [issuer] = metadata.authorization_servers as [string]
  const server: ServerMetadata = await discover(issuer)
  const request = { scope: scope!, resource: metadata.resource }
  return (await requestClientCredentialsToken(server.issuer, machine, request)).access_token
}

/** Checks that a client that knows only the address of an API can get a token and a report. */
async function expectDiscovery(handler: Parameters<typeof listen>[0]): Promise<void> {
  const { url } = closing(await listen(handler))
  const authorization = `Bearer ${await getTokenFor(url, '/reports')}`
  const response = await fetch(`${url}/reports`, { headers: { authorization } })
  expect(await response.json()).toEqual({ reportsFor: machine.id })
  for (const [method, status] of [
    ['HEAD', 200],
    ['OPTIONS', 204],
    ['POST', 405],
  ] as const) {
    expect((await fetch(url + WELL_KNOWN, { method })).status).toBe(status)
  }
}

const DISCOVERY: Readonly<Record<string, Scenario>> = {
  async 'Let clients find the authorization server'(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const issuer = issuerAddress()
    const module = await runSnippet('discovery', adapt(code, { ...issuer, ...appInstead }))
    const app = module['app'] as Express
    await expectDiscovery(app)

    const { url } = closing(await listen(app))
    const address = Object.values(issuer)[0]!.slice(1, -1)
    await expectShown(await fetch(`${url}/reports`), 'The refused request', address)
    await expectShown(await fetch(url + WELL_KNOWN), 'The document', address)
    const proxied = { headers: { 'x-forwarded-host': 'evil.example.com' } }
    await expectShown(await fetch(url + WELL_KNOWN, proxied), 'The document', address)
  },

  async Koa(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const app = (await runSnippet('discovery-koa', adapted))['app'] as Koa
    await expectDiscovery(app.callback())
  },

  async Fastify(code) {
    const quiet = code.replace('{ logger: true }', '')
    await expectDiscovery(await fastifySnippet('discovery-fastify', quiet))
  },

  async Hono(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const module = await runSnippet('discovery-hono', adapt(code, issuerAddress()))
    await expectDiscovery(getRequestListener((module['app'] as Hono).fetch))
  },

  async 'Web handlers'(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const module = await runSnippet('discovery-fetch', adapt(code, issuerAddress()))
    await expectDiscovery(getRequestListener((module['default'] as { fetch: Handler }).fetch))
  },

  async 'Several APIs in one process'(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const issuer = createTestIssuer({ issuer: 'https://auth.example.com' })
    const own = { 'metadata: {} })': `metadata: {}, jwks: ${JSON.stringify(issuer.jwks)} })` }
    const module = await runSnippet('discovery-several', adapt(code, { ...own, ...appInstead }))
    const { url } = closing(await listen(module['app'] as Express))
    for (const api of ['reports', 'orders']) {
      const resource = `${API}/${api}`
      const document: unknown = await (await fetch(`${url}${WELL_KNOWN}/${api}`)).json()
      expect(document).toMatchObject({ resource })
      const challenge = (await fetch(`${url}/${api}`)).headers.get('www-authenticate')
      expect(challenge).toContain(`resource_metadata="${API}${WELL_KNOWN}/${api}"`)
      const token = issuer.token({ claims: { aud: resource, scope: 'read:reports read:orders' } })
      const headers = { authorization: `Bearer ${token}` }
      const other = api === 'reports' ? 'orders' : 'reports'
      expect((await fetch(`${url}/${api}`, { headers })).status).toBe(200)
      expect((await fetch(`${url}/${other}`, { headers })).status).toBe(401)
    }
  },

  async 'Members of the document'(code) {
    const module = await runSnippet('discovery-more', adapt(code, appInstead))
    const { url } = closing(await listen(module['app'] as Express))
    expect(await (await fetch(url + WELL_KNOWN)).json()).toEqual({
      resource: API,
      authorization_servers: ['https://auth.example.com'],
      scopes_supported: ['read:reports', 'admin'],
      bearer_methods_supported: ['header'],
      resource_name: 'Reports',
      resource_documentation: 'https://docs.example.com/reports',
      'resource_name#it': 'Rapporti',
    })
  },

  async 'Signed metadata'(code) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    vi.stubEnv('METADATA_KEY', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    const module = await runSnippet('discovery-signed', adapt(code, appInstead))
    const { url } = closing(await listen(module['app'] as Express))
    const document = (await (await fetch(url + WELL_KNOWN)).json()) as Record<string, unknown>
    const { signed_metadata: jwt, ...members } = document
    const verified = await jwtVerify(jwt as string, createPublicKey(privateKey))
    expect(verified.payload).toEqual({ ...members, iss: API })
    expect(verified.protectedHeader).toEqual({ alg: 'ES256', kid: 'metadata-1' })
  },
}

describeDocument(PAGE, DISCOVERY)

const OPTIONS = { issuer: 'https://auth.example.com', resource: API, logger: false } as const

/** Returns the status of the document at a path. */
async function getStatus(app: Express, path = WELL_KNOWN): Promise<number> {
  return (await fetch(closing(await listen(app)).url + path)).status
}

describe('the page about discovery', () => {
  it.each(readTable(PAGE, 'resource'))(
    'metadata() of the resource %s responds only at %s by default, and with the option atRoot at the root as well',
    async (resource, path) => {
      const withMetadata = (atRoot: boolean) =>
        express().use(createBearward({ ...OPTIONS, resource, metadata: { atRoot } }).metadata())
      expect(await getStatus(withMetadata(false), path)).toBe(200)
      expect(await getStatus(withMetadata(true), path)).toBe(200)
      expect(await getStatus(withMetadata(true))).toBe(200)
      const isRoot = path === WELL_KNOWN
      expect(await getStatus(withMetadata(false))).toBe(isRoot ? 200 : 404)
    },
  )

  it('createBearward and metadata() throw the messages in docs/discovery.md', () => {
    const wrong: readonly (() => unknown)[] = [
      () =>
        createBearward({ ...OPTIONS, resource: undefined, audience: API, metadata: {} } as never),
      () => createBearward(OPTIONS).metadata(),
      () => createBearward({ ...OPTIONS, metadata: true } as never),
      () => createBearward({ ...OPTIONS, resource: 'api.example.com' }),
      () => createBearward({ ...OPTIONS, resource: 'https://API.example.com' }),
      () =>
        createBearward({
          ...OPTIONS,
          metadata: { authorizationServers: ['https://auth.example.com/'] },
        }),
      () => createBearward({ ...OPTIONS, metadata: { more: { resource_name: 'Reports' } } }),
    ]
    const messages = readTable(PAGE, 'message').map(([message]) => message!)
    expect(messages).toHaveLength(wrong.length)
    for (const [index, create] of wrong.entries()) expect(create).toThrow(messages[index])
  })

  it('a request for the document gets 401 if metadata() follows a guard, and 404 if metadata() is below a path or inside a plugin of Fastify', async () => {
    const { metadata, requireToken } = createBearward({ ...OPTIONS, metadata: {} })
    expect(await getStatus(express().use(requireToken(), metadata()))).toBe(401)
    expect(await getStatus(express().use('/v1', metadata()))).toBe(404)
    const bearward = forFastify.createBearward({ ...OPTIONS, metadata: {} })
    const app: FastifyInstance = fastify()
    await app.register(async (plugin) => void plugin.addHook('onRequest', bearward.metadata()))
    expect((await app.inject(WELL_KNOWN)).statusCode).toBe(404)
  })

  it('the document omits issuers whose name begins with http:, and lists tenants only if authorizationServers names them', async () => {
    const { jwks } = createTestIssuer()
    const get = async (options: object) => {
      const { metadata } = createBearward({ resource: API, logger: false, ...options } as never)
      const { url } = closing(await listen(express().use(metadata())))
      return (await (await fetch(url + WELL_KNOWN)).json()) as object
    }
    const other = { issuer: 'http://auth.internal/realms/a', jwks }
    const issuers = [{ issuer: OPTIONS.issuer }, other]
    expect(await get({ issuers, metadata: {} })).toMatchObject({
      authorization_servers: [OPTIONS.issuer],
    })
    const TENANT = 'https://login.example.com/acme'
    const dynamic = { match: (iss: string) => iss === TENANT, resolve: () => undefined }
    expect(await get({ issuers: dynamic, metadata: {} })).not.toHaveProperty(
      'authorization_servers',
    )
    const metadata = { authorizationServers: [TENANT] }
    expect(await get({ issuers: dynamic, metadata })).toMatchObject({
      authorization_servers: [TENANT],
    })
    const credentials = { header: 'x-token' }
    expect(await get({ issuer: OPTIONS.issuer, credentials, metadata: {} })).not.toHaveProperty(
      'bearer_methods_supported',
    )
  })

  it('ready() rejects, and a request for the document gets 500, if the key of signed metadata cannot sign', async () => {
    const key = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', d: 'AA', alg: 'ES256' }
    const { jwks } = createTestIssuer()
    const metadata = { signed: { issuer: API, key } }
    const bearward = createBearward({ ...OPTIONS, jwks, metadata })
    await expect(bearward.ready()).rejects.toThrow()
    vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(await getStatus(express().use(bearward.metadata()))).toBe(500)
  })
})
