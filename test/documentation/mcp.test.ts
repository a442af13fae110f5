import { createHash } from 'node:crypto'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { BearwardEvent } from '@bearward/core'
import { signIn } from '@bearward/example-authorization-server'
import { createBearward } from '@bearward/express'
import { createBearward as createFetchBearward, type Handler } from '@bearward/fetch'
import { createMcpGuard as createFetchGuard } from '@bearward/mcp'
import { createMcpGuard, getAccessToken, type McpGuard } from '@bearward/mcp/express'
import { getRequestListener } from '@hono/node-server'
import express, { type Express, type RequestHandler } from 'express'
import type { FastifyInstance } from 'fastify'
import type { Hono } from 'hono'
import type Koa from 'koa'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { KEY_LENGTH, VERIFY_TIME } from '../../packages/mcp/src/api-keys.ts'
import { OTHER_OPTIONS, SIMPLE_OPTIONS } from '../../packages/mcp/src/read-options.ts'
import { DEEPEST, LONGEST_ID, MOST_OPERATIONS } from '../../packages/mcp/src/read-operations.ts'
import { read } from '../repository/files.ts'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { boundTo, createProof, generateProofKey } from '../support/proofs.ts'
import { type Handler as NodeHandler, listen } from '../support/servers.ts'
import {
  app as webApp,
  appInstead,
  authorizationServer,
  describeDocument,
  issuerAddress,
  machineToken,
  MCP,
  type Scenario,
  useAuthorizationServer,
} from './fixture.ts'
import { readTable } from './read-table.ts'
import { adapt, readSnippets, runSnippet } from './snippets.ts'

const PAGE = 'docs/mcp.md'
const METADATA = '/.well-known/oauth-protected-resource/mcp'
const APP_ORIGIN = 'https://app.example.com'
const MODERN = '2026-07-28'
/** The parameters of a request for a token that may use the MCP server. */
const SCOPE = { scope: 'notes:read', resource: MCP }

useAuthorizationServer()
beforeEach(() => {
  vi.spyOn(console, 'info').mockImplementation(() => {})
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})

/** A message of a client. */
const message = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params })
const call = (name: unknown) => message('tools/call', { name, arguments: {} })

interface Sent {
  readonly method?: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A text is sent unchanged. `undefined` if the request has no body. */
  readonly body?: unknown
}

/** Sends a request to an MCP server. */
const send = (url: string, { method = 'POST', token, headers, body }: Sent): Promise<Response> =>
  fetch(url, {
    method,
    headers: {
      accept: 'application/json, text/event-stream',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

type Text = readonly { readonly text?: string }[]

/** Connects with a client of version 2 of the SDK. `mode` is the version of the protocol. */
async function connect(url: string, token: string, mode: 'legacy' | 'auto') {
  const info = { name: 'test', version: '1.0.0' }
  const client = closing(new Client(info, { versionNegotiation: { mode } }))
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return {
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name: string) => ((await client.callTool({ name })).content as Text)[0]!.text,
  }
}

/** Connects with a client of version 1 of the SDK. */
async function connect1(url: string, token: string) {
  const client = closing(new Client1({ name: 'test', version: '1.0.0' }))
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new Transport1(new URL(url), { requestInit }))
  return {
    call: async (name: string) => ((await client.callTool({ name })).content as Text)[0]!.text,
  }
}

/** Returns the headers and the body of the response that the page shows for this status. */
function readShown(status: string) {
  const [head, body] = new RegExp(`^HTTP/1.1 ${status}[^\`]*`, 'm')
    .exec(read(PAGE))![0]
    .split('\n\n')
  const [, ...lines] = head!.split('\n')
  const headers = lines.map((line) => line.split(/: (.*)/s) as [string, string])
  return { headers: Object.fromEntries(headers) as Record<string, string>, body: body!.trim() }
}

/** Checks that a response has the headers and the body that the page shows. */
async function expectShown(response: Response, status: number): Promise<void> {
  const { headers, body } = readShown(String(status))
  expect(response.status).toBe(status)
  for (const [name, value] of Object.entries(headers))
    expect(response.headers.get(name)).toBe(value)
  expect(await response.text()).toBe(body)
}

/** Checks a server of the page with the clients of the SDK, and with requests that the guard refuses. */
async function expectNotes(handler: NodeHandler): Promise<void> {
  const { url } = closing(await listen(handler))
  const server = `${url}/mcp`
  const token = await machineToken('notes:read', MCP)
  for (const mode of ['legacy', 'auto'] as const)
    expect(await (await connect(server, token, mode)).call('search')).toBe('a note')
  expect(await (await connect1(server, token)).call('search')).toBe('a note')

  await expectShown(await send(server, { body: call('search') }), 401)
  await expectShown(await send(server, { body: call('purge'), token }), 403)
  const unlisted = await send(server, { body: call('export'), token })
  expect(unlisted.headers.get('www-authenticate')).not.toContain('insufficient_scope')
  expect(unlisted.status).toBe(403)
  for (const method of ['GET', 'DELETE']) expect((await send(server, { method })).status).toBe(401)
  const document = (await (await fetch(url + METADATA)).json()) as object
  expect(document).toMatchObject({ resource: MCP })
}

/** Returns a scenario for a program of the page. `name` is the name of its module. */
const forProgram =
  (
    name: string,
    toHandler: (module: Record<string, unknown>) => NodeHandler,
    last: Record<string, string> = {},
  ): Scenario =>
  async (code) =>
    expectNotes(toHandler(await runSnippet(name, adapt(code, { ...issuerAddress(), ...last }))))

const ofExpress = ({ app }: Record<string, unknown>) => app as Express
const ofFetch = ({ default: worker }: Record<string, unknown>) =>
  getRequestListener((worker as { fetch: Handler }).fetch)

/** Runs a snippet that exports only a guard. Returns the address of a server that responds with 200 behind this guard. */
async function startGuard(name: string, code: string, instead = issuerAddress()): Promise<string> {
  const { mcp } = await runSnippet(name, adapt(code, instead))
  const handle: RequestHandler = (request, response) => {
    const { auth } = request as { auth?: object }
    response.json({ by: auth === undefined ? 'anonymous' : getAccessToken(auth) })
  }
  const app = express().all('/mcp', (mcp as McpGuard).guard, handle)
  return `${closing(await listen(app)).url}/mcp`
}

const fastifyInstead = { 'await app.listen({ port: 3000 })': 'await app.ready()\nexport { app }' }

describeDocument(PAGE, {
  'Protect a server': forProgram('mcp', ofExpress, appInstead),
  Koa: forProgram('mcp-koa', ({ app }) => (app as Koa).callback(), appInstead),
  async Fastify(code) {
    const toHandler = ({ app }: Record<string, unknown>) => (app as FastifyInstance).routing
    const instead = { ...issuerAddress(), ...fastifyInstead, 'logger: true': 'logger: false' }
    await expectNotes(toHandler(await runSnippet('mcp-fastify', adapt(code, instead))))
    // The headers of the guard are in the response of the SDK, too.
    const guard = "tools: { search: {}, purge: { scope: 'notes:admin' } },"
    const cors = { [guard]: `${guard} origins: ['${APP_ORIGIN}'], cors: true,` }
    const module = await runSnippet('mcp-fastify-cors', adapt(code, { ...instead, ...cors }))
    const { url } = closing(await listen(toHandler(module)))
    const token = await machineToken('notes:read', MCP)
    const sent = { token, body: call('search'), headers: { origin: APP_ORIGIN } }
    const response = await send(`${url}/mcp`, sent)
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe(APP_ORIGIN)
    expect(response.headers.get('vary')).toBe('Origin')
    expect(response.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
  },
  Hono: forProgram('mcp-hono', ({ app }) => getRequestListener((app as Hono).fetch)),
  'Web handlers': forProgram('mcp-fetch', ofFetch),
  'SDK version 1': forProgram('mcp-sdk-1', ofExpress, appInstead),

  async Requirements(code) {
    const client = { "'notes-app'": "'reports-cron'" }
    const url = await startGuard('mcp-requirements', adapt(code, client))
    const other = await startGuard('mcp-requirements-other', code)
    const statuses = async (scope: string, at = url) => {
      const token = await machineToken(scope, MCP)
      const status = async (body: object) => (await send(at, { token, body })).status
      return {
        search: await status(call('search')),
        add: await status(call('add')),
        purge: await status(call('purge')),
        prompt: await status(message('prompts/get', { name: 'summary' })),
        all: await status(message('resources/read', { uri: 'notes://all' })),
        secret: await status(message('resources/read', { uri: 'notes://secret' })),
        otherSpelling: await status(message('resources/read', { uri: 'NOTES://secret' })),
        level: await status(message('logging/setLevel', { level: 'debug' })),
        batch: await status([call('search'), call('purge')]),
        list: await status(message('tools/list')),
      }
    }
    const [no, yes] = [403, 200]
    const reader = { search: yes, add: no, purge: no, prompt: yes, all: yes, list: yes }
    const refused = { secret: no, otherSpelling: no, level: no, batch: no }
    expect(await statuses('notes:read')).toEqual({ ...reader, ...refused })
    expect(await statuses('notes:read notes:write')).toEqual({ ...reader, ...refused, add: yes })
    // `notes:admin` includes `notes:write`.
    const admin = await statuses('notes:read notes:admin')
    expect(Object.values(admin)).toEqual(Object.values(admin).map(() => yes))
    expect(await statuses('notes:read notes:admin', other)).toEqual({
      ...admin,
      purge: no,
      batch: no,
    })
    expect((await statuses('notes:admin')).search).toBe(no)
  },

  async 'Anonymous methods'(code) {
    const url = await startGuard('mcp-anonymous', code)
    const list = message('tools/list')
    expect(await (await send(url, { body: list })).json()).toEqual({ by: 'anonymous' })
    for (const sent of [
      { body: list, token: 'not-a-token' },
      { body: [list, call('search')] },
      { body: call('search') },
      { body: call('search'), headers: { 'mcp-method': 'tools/list' } },
    ])
      expect((await send(url, sent)).status).toBe(401)
    expect((await send(url, { body: [list, list] })).status).toBe(200)
    const token = await machineToken('notes:write', MCP)
    expect((await send(url, { body: list, token })).status).toBe(403)
  },

  async 'Filter lists'(code) {
    const module = await runSnippet('mcp-lists', adapt(code, { ...issuerAddress(), ...appInstead }))
    const url = `${closing(await listen(module['app'] as Express)).url}/mcp`
    const [reader, admin] = ['notes:read', 'notes:read notes:admin']
    for (const mode of ['legacy', 'auto'] as const) {
      const list = async (scope: string) =>
        (await connect(url, await machineToken(scope, MCP), mode)).list()
      expect(await list(reader)).toEqual(['search'])
      expect(await list(admin)).toEqual(['search', 'purge'])
    }
    const token = await machineToken(reader, MCP)
    expect((await send(url, { body: call('purge'), token })).status).toBe(403)
  },

  async 'The caller in a tool'(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const module = await runSnippet('mcp-caller', adapted)
    const url = `${closing(await listen(module['app'] as Express)).url}/mcp`
    const token = await machineToken('notes:read', MCP)
    for (const mode of ['legacy', 'auto'] as const) {
      const text = await (await connect(url, token, mode)).call('whoami')
      expect(text).toMatch(/^machine .*reports-cron/)
    }
  },

  async 'API keys'(code) {
    const key = 'sk_0123456789'
    vi.stubEnv('PRINTER_KEY_SHA256', createHash('sha256').update(key).digest('hex'))
    const url = await startGuard('mcp-api-keys', code)
    for (const headers of [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }]) {
      const response = await send(url, { body: call('search'), headers })
      const { by } = (await response.json()) as { by: object }
      expect(by).toMatchObject({ issuer: 'api-key', verifiedBy: 'api_key', scopes: ['notes:read'] })
      expect(by).toMatchObject({ subject: { kind: 'machine', id: 'printer' } })
      expect((await send(url, { body: call('purge'), headers })).status).toBe(403)
    }
    const token = await machineToken('notes:read', MCP)
    expect((await send(url, { body: call('search'), token })).status).toBe(200)
    const both = { body: call('search'), token, headers: { 'x-api-key': key } }
    expect((await send(url, both)).status).toBe(400)
    const wrong = await send(url, { body: call('search'), headers: { 'x-api-key': 'sk_wrong' } })
    expect(wrong.status).toBe(401)
    expect(wrong.headers.get('www-authenticate')).not.toContain('resource_metadata')
  },

  async 'Origin and CORS'(code) {
    const url = await startGuard('mcp-cors', code)
    const token = await machineToken('notes:read', MCP)
    const preflight = (origin: string) =>
      send(url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })
    const allowed = await preflight('http://localhost:6274')
    expect(allowed.status).toBe(204)
    const headers = allowed.headers.get('access-control-allow-headers')
    for (const name of ['Authorization', 'MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name', 'DPoP'])
      expect(headers).toContain(name)
    expect(
      (await preflight('https://evil.example')).headers.has('access-control-allow-origin'),
    ).toBe(false)
    const ask = (origin: string, sent: Sent = {}) =>
      send(url, { body: call('search'), headers: { origin }, ...sent })
    expect((await ask(APP_ORIGIN, { token })).status).toBe(200)
    expect((await ask('https://evil.example', { token })).status).toBe(403)
    const refused = await ask(APP_ORIGIN)
    expect(refused.status).toBe(401)
    const exposed = refused.headers.get('access-control-expose-headers')!.split(', ')
    const text = read(PAGE).replaceAll(/\s+/g, ' ')
    const sentence = /They may read (.*?)\./.exec(text)![1]!
    expect(sentence.match(/[\w-]+(?=`)/g)!.sort()).toEqual(exposed.sort())
    expect((await send(url, { body: call('search'), token })).status).toBe(200)
  },

  async Sessions(code) {
    const module = await runSnippet(
      'mcp-sessions',
      adapt(code, { ...issuerAddress(), ...appInstead }),
    )
    const url = `${closing(await listen(module['app'] as Express)).url}/mcp`
    const token = await machineToken('notes:read', MCP)
    const client = closing(new Client1({ name: 'test', version: '1.0.0' }))
    const requestInit = { headers: { authorization: `Bearer ${token}` } }
    const transport = new Transport1(new URL(url), { requestInit })
    await client.connect(transport)
    const tools = (await client.listTools()).tools
    expect(tools.map(({ name }) => name)).toEqual(['search'])
    const headers = { 'mcp-session-id': transport.sessionId! }
    const body = message('tools/list')
    expect((await send(url, { body, token, headers })).status).toBe(200)
    expect((await send(url, { body, headers })).status).toBe(401)
    expect((await send(url, { body, token, headers: { 'mcp-session-id': 'x' } })).status).toBe(404)
    // The session of another subject does not exist for this caller.
    const other = await signIn(authorizationServer.issuer, webApp, { id: 'user-ada' }, SCOPE)
    expect((await send(url, { body, token: other.access_token })).status).toBe(400)
    expect((await send(url, { body, token: other.access_token, headers })).status).toBe(404)
  },

  async DPoP(code) {
    const keys = { 'metadata: {},': `metadata: {}, jwks: ${JSON.stringify(issuer.jwks)},` }
    const url = await startGuard('mcp-dpop', code, keys)
    const scope = 'notes:read notes:admin'
    expect((await send(url, { body: call('search'), token: tokenWith({ scope }) })).status).toBe(
      200,
    )
    const refused = await send(url, { body: call('purge'), token: tokenWith({ scope }) })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('DPoP algs=')
    const key = generateProofKey()
    const token = tokenWith({ scope, ...boundTo(key) })
    const ask = async (age: number) => {
      const now = Math.floor(Date.now() / 1000) - age
      const proof = createProof({ key, token, url: MCP, method: 'POST', now })
      const headers = { authorization: `DPoP ${token}`, dpop: proof }
      return (await send(url, { body: call('purge'), headers })).status
    }
    expect(await ask(290)).toBe(200)
    expect(await ask(320)).toBe(401)
  },

  'Keep requireBearerAuth of the SDK: Express': async (code) => {
    const module = await runSnippet(
      'mcp-bearer-1',
      adapt(code, { ...issuerAddress(), ...appInstead }),
    )
    await expectKept(module['app'] as Express)
  },
  'Keep requireBearerAuth of the SDK: fetch': async (code) => {
    await expectKept(ofFetch(await runSnippet('mcp-bearer-2', adapt(code, issuerAddress()))))
  },
})

/** Checks a server that keeps `requireBearerAuth` of the SDK. */
async function expectKept(handler: NodeHandler): Promise<void> {
  const { url } = closing(await listen(handler))
  const server = `${url}/mcp`
  const token = await machineToken('notes:read', MCP)
  expect(await (await connect(server, token, 'auto')).call('search')).toBe('a note')
  const refused = await send(server, { body: call('search') })
  expect(refused.status).toBe(401)
  const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(refused)
  expect([scope, resourceMetadataUrl?.pathname]).toEqual(['notes:read', METADATA])
  expect((await send(server, { body: call('search'), token: 'not-a-token' })).status).toBe(401)
  const other = await machineToken('notes:write', MCP)
  expect((await send(server, { body: call('search'), token: other })).status).toBe(403)
  expect((await fetch(url + METADATA)).status).toBe(200)
}

const issuer = createTestIssuer({ issuer: 'https://auth.example.com', audience: MCP })
const OWNER = { scopes: ['notes:read'] } as const
const OPTIONS = { issuer: issuer.issuer, resource: MCP, metadata: {} }

/** Starts a guard with keys of the test. Returns its address, and the events. */
async function startOwn(guard: object, options: object = {}) {
  const events: BearwardEvent[] = []
  const bearward = createBearward({
    ...OPTIONS,
    jwks: issuer.jwks,
    onEvent: (event) => events.push(event),
    ...options,
  })
  const mcp = createMcpGuard(bearward, {
    scope: 'notes:read',
    tools: { search: {}, purge: { scope: 'notes:admin' }, other: { clients: ['notes-app'] } },
    ...guard,
  })
  const app = express().all('/mcp', mcp.guard, (_request, response) => void response.json({}))
  const { url } = closing(await listen(app))
  return { url: `${url}/mcp`, events }
}

const tokenWith = (claims: object = {}) =>
  issuer.token({ claims: { scope: 'notes:read', ...claims } })
const withKey = (verify: (key: string) => unknown) => ({ apiKeys: { header: 'x-api-key', verify } })
const past = Math.floor(Date.now() / 1000) - 3600

interface Situation extends Sent {
  readonly guard?: object
  readonly options?: object
}

/** A request for each row of the table of responses. */
const SITUATIONS: Readonly<Record<string, Situation>> = {
  'no token': { body: call('search') },
  'expired token': { body: call('search'), token: tokenWith({ exp: past }) },
  'token for another server': { body: call('search'), token: tokenWith({ aud: 'https://other' }) },
  'a scope of the guard is missing': { body: call('search'), token: tokenWith({ scope: 'other' }) },
  'a scope of the tool is missing': { body: call('purge'), token: tokenWith() },
  'the tool is for another client': { body: call('other'), token: tokenWith() },
  'the tool is not listed': { body: call('export'), token: tokenWith() },
  'the operation cannot be read': { body: call(7), token: tokenWith() },
  'a page of another origin': {
    body: call('search'),
    token: tokenWith(),
    headers: { origin: 'https://evil.example' },
  },
  'a token and an API key': {
    body: call('search'),
    token: tokenWith(),
    guard: withKey(() => OWNER),
    headers: { 'x-api-key': 'a-key' },
  },
  'unknown API key': {
    body: call('search'),
    guard: withKey(() => undefined),
    headers: { 'x-api-key': 'a-key' },
  },
  'a scope of the tool is missing, API key': {
    body: call('purge'),
    guard: withKey(() => OWNER),
    headers: { 'x-api-key': 'a-key' },
  },
  'the function verify fails': {
    body: call('search'),
    guard: withKey(() => Promise.reject(new Error('the database is down'))),
    headers: { 'x-api-key': 'a-key' },
  },
  'the body is not JSON': { body: 'name=search', token: tokenWith() },
  'DELETE with a body': { method: 'DELETE', body: call('search'), token: tokenWith() },
  'a header differs from the body': {
    body: call('search'),
    token: tokenWith(),
    headers: { 'mcp-protocol-version': MODERN, 'mcp-name': 'purge' },
  },
  "older version, legacy: 'refuse'": {
    body: call('search'),
    token: tokenWith(),
    guard: { legacy: 'refuse' },
  },
  'body above the limit': { body: call('search'), token: tokenWith(), guard: { bodyLimit: 10 } },
  'no keys of the issuer': {
    body: call('search'),
    token: tokenWith(),
    options: { jwks: undefined, fetch: () => Promise.reject(new TypeError('fetch failed')) },
  },
}

/** Returns the text of the column about step-up: the reaction of the clients of the SDK. */
function toStepUp(response: Response): string {
  const { error, scope } = extractWWWAuthenticateParams(response)
  if (response.status === 401) return 'sign-in'
  return response.status === 403 && error === 'insufficient_scope' && scope !== undefined
    ? 'yes'
    : 'no'
}

describe(PAGE, () => {
  it('the table of responses in docs/mcp.md has a row for each request of the test', () => {
    const situations = readTable(PAGE, 'situation').map(([situation]) => situation)
    expect(situations).toEqual(Object.keys(SITUATIONS))
  })

  it.each(readTable(PAGE, 'situation').map((row) => [row[0]!, row] as const))(
    'the row "%s" of docs/mcp.md agrees with the response of a guard',
    async (situation, [, status, shown, reason, stepUp]) => {
      const { guard = {}, options, ...sent } = SITUATIONS[situation]!
      const errorBody = vi.fn(() => undefined)
      const { url, events } = await startOwn(guard, { errorBody, ...options })
      const response = await send(url, sent)
      const { error } = (await response.clone().json()) as { error: string | { code: number } }
      const code = typeof error === 'string' ? error : `JSON-RPC ${error.code}`
      expect(errorBody).toHaveBeenCalledTimes(typeof error === 'string' ? 1 : 0)
      const refused = events.find((event) => event.type === 'refused')
      expect([String(response.status), code, refused?.reason, toStepUp(response)]).toEqual([
        status,
        shown,
        reason,
        stepUp,
      ])
      const challenge = response.headers.get('www-authenticate')
      if (situation === 'a scope of the tool is missing')
        expect(read(PAGE).replaceAll(/\s+/g, ' ')).toContain(`guard=${refused!.guard}`)
      const isForKey = situation.includes('API key')
      if (response.status === 503) expect(response.headers.has('retry-after')).toBe(true)
      else expect(challenge!.includes('resource_metadata')).toBe(!isForKey)
    },
  )

  it('a guard sends no resource_metadata without the option metadata, as docs/mcp.md says', async () => {
    const { url } = await startOwn({}, { metadata: undefined })
    const response = await send(url, { body: call('search') })
    expect(response.headers.get('www-authenticate')).not.toContain('resource_metadata')
    const sentence = /If `createBearward` has the option `metadata`, each 401 and 403/
    expect(read(PAGE).replaceAll(/\s+/g, ' ')).toMatch(sentence)
  })

  it('the table of results of verify in docs/mcp.md agrees with the responses of a guard', async () => {
    const owner = { ...OWNER, expiresAt: Math.floor(Date.now() / 1000) + 3600 }
    const deep = JSON.parse(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`) as object
    const results: readonly (readonly unknown[])[] = [
      [
        owner,
        OWNER,
        { scopes: OWNER.scopes, subject: { kind: 'user', id: 'ada' }, clientId: 'app' },
      ],
      [{ ...OWNER, expiresAt: past }],
      [undefined, null],
      [
        { ...OWNER, expiresAt: Date.now() + 3_600_000 },
        { ...OWNER, expiresAt: 100_000_000_000 },
      ],
      [
        { ...OWNER, claims: { created: new Date() } },
        { ...OWNER, claims: deep },
        { ...OWNER, claims: { list: Array.from({ length: 2000 }, () => 1) } },
      ],
      [true, 'ada', new Error('unknown')],
    ]
    const rows = readTable(PAGE, 'result of `verify`')
    expect(rows).toHaveLength(results.length)
    for (const [index, [, shown]] of rows.entries()) {
      for (const result of results[index]!) {
        const { url, events } = await startOwn(withKey(() => result))
        const ask = (name: string) => send(url, { body: call(name), headers: { 'x-api-key': 'k' } })
        const { status } = await ask('search')
        const refused = events.find((event) => event.type === 'refused')
        if (index > 0) expect(`${status} ${refused!.reason}`).toBe(shown)
        else expect([status, (await ask('purge')).status]).toEqual([200, 403])
      }
    }
  })

  it('the requirement clients refuses an API key even if its owner has a clientId, as docs/mcp.md says', async () => {
    const { url, events } = await startOwn(withKey(() => ({ ...OWNER, clientId: 'notes-app' })))
    await send(url, { body: call('other'), headers: { 'x-api-key': 'k' } })
    const refused = events.find((event) => event.type === 'refused')
    expect(refused?.reason).toBe('api_key_not_sufficient')
    expect(read(PAGE)).toContain('`clients` refuses a key even if its owner has a `clientId`.')
  })

  it('cors of a guard allows the header of apiKeys, as docs/mcp.md says', async () => {
    const { url } = await startOwn({
      ...withKey(() => OWNER),
      origins: [APP_ORIGIN],
      cors: true,
    })
    const headers = { origin: APP_ORIGIN, 'access-control-request-method': 'POST' }
    const response = await send(url, { method: 'OPTIONS', headers })
    const allowed = response.headers.get('access-control-allow-headers')!.toLowerCase()
    expect(allowed.split(', ')).toContain('x-api-key')
  })

  it('the table of options in docs/mcp.md has the names and defaults of the code', () => {
    const [requirements, ...rows] = readTable(PAGE, 'option')
    expect(requirements![0]).toMatch(/^scope, clients, check/)
    const documented = Object.fromEntries(rows.map(([name, value]) => [name, value]))
    const simple = Object.entries(SIMPLE_OPTIONS).map(([name, { default: value }]) => [
      name,
      typeof value === 'string' ? `'${value}'` : String(value),
    ])
    expect(Object.keys(documented).sort()).toEqual(
      [...OTHER_OPTIONS, ...Object.keys(SIMPLE_OPTIONS)].sort(),
    )
    expect(documented).toMatchObject(Object.fromEntries(simple) as object)
  })

  it('the limits in docs/mcp.md and in SECURITY.md equal the limits in the code', () => {
    const { bounds, default: usual } = SIMPLE_OPTIONS.bodyLimit
    const [bytes, levels, operations, characters, seconds] = readTable(PAGE, 'limit of a request')
    expect(bytes![1]).toBe(`bodyLimit: ${String(usual)} by default, at most ${bounds!.max}`)
    expect([levels, operations, characters, seconds].map((row) => row![1])).toEqual(
      [DEEPEST, MOST_OPERATIONS, KEY_LENGTH, VERIFY_TIME].map(String),
    )
    expect(readTable('SECURITY.md', 'limit of the MCP guard').map((row) => row[1])).toEqual(
      [bounds!.max, usual, DEEPEST, MOST_OPERATIONS, LONGEST_ID, KEY_LENGTH, VERIFY_TIME].map(
        String,
      ),
    )
    const text = read(PAGE).replaceAll(/\s+/g, ' ')
    expect(text).toContain(`more than ${DEEPEST} levels, more than ${MOST_OPERATIONS} messages`)
    expect(text).toContain(`a text of at most ${LONGEST_ID} characters`)
  })

  it('createMcpGuard and verifier throw the messages in docs/mcp.md', () => {
    const bearward = createBearward({ ...OPTIONS, logger: false })
    const guard = (options: object, own: object = OPTIONS) =>
      createMcpGuard(createBearward({ logger: false, ...own } as never), options as never)
    const opaque = {
      ...OPTIONS,
      tokenFormat: 'opaque',
      introspection: {
        clientId: 'a',
        clientAuthentication: { method: 'client_secret_basic', secret: 's' },
      },
    }
    const wrong: readonly (() => unknown)[] = [
      () => createFetchGuard(bearward as never, {}),
      () => guard({ optional: true }),
      () => guard({ methods: { 'tools/call': 'anonymous' } }),
      () => guard({}, { issuer: OPTIONS.issuer, audience: 'api' }),
      () => guard({ resources: { 'notes://all': {} }, unlisted: { resources: 'floor' } }),
      () => guard({ origins: '*' }),
      () => guard({ origins: [], cors: true }),
      () => guard({ apiKeys: { prefix: 'sk_', verify: () => {} } }, opaque),
      () => guard({ check: () => true }).verifier(() => new Error('no')),
    ]
    const messages = readTable(PAGE, 'message').map(([text]) => text!)
    expect(messages).toHaveLength(wrong.length)
    for (const [index, create] of wrong.entries()) expect(create).toThrow(messages[index])
    bearward.close()
  })

  it('the members of authInfo in docs/mcp.md are those that a guard creates', async () => {
    const bearward = createFetchBearward({ ...OPTIONS, jwks: issuer.jwks, logger: false })
    const mcp = createFetchGuard(bearward, { scope: 'notes:read' })
    const handle = mcp.protect((_request, { authInfo }) => Response.json(authInfo))
    const request = new Request(MCP, { headers: { authorization: `Bearer ${tokenWith()}` } })
    const authInfo = (await (await handle(request)).json()) as Record<string, object>
    const members = readTable(PAGE, 'member').map(([name]) => name)
    expect(new Set(Object.keys(authInfo))).toEqual(new Set(members))
    expect(Object.keys(authInfo['extra']!)).toEqual(['issuer', 'subject', 'claims'])
    bearward.close()
  })

  it.each(['Protect a server', 'SDK version 1'])(
    'the SDK responds with a parse error if the program under "%s" does not pass the body to the SDK',
    async (heading) => {
      const { code } = readSnippets(PAGE).find((snippet) => snippet.heading === heading)!
      const without = { ...issuerAddress(), ...appInstead, ', req.body)': ')' }
      const name = `mcp-without-body-${heading.replaceAll(' ', '-')}`
      const module = await runSnippet(name, adapt(code, without))
      const { url } = closing(await listen(module['app'] as Express))
      const token = await machineToken('notes:read', MCP)
      const response = await send(`${url}/mcp`, { body: call('search'), token })
      expect(response.status).toBe(400)
      expect(await response.text()).toContain('Parse error: Invalid JSON')
      expect(read(PAGE)).toContain('`Parse error: Invalid JSON`')
    },
  )
})
