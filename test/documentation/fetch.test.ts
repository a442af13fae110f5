import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { auth, createBearward, type Handler } from '@bearward/fetch'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { bearerLine } from '../support/requests.ts'
import {
  API,
  authorizationServer,
  describeDocument,
  expectReportsAt,
  issuerAddress,
  machineToken,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, readSnippets, runSnippet, withConfiguration } from './snippets.ts'

const PAGE = 'docs/fetch.md'

useAuthorizationServer()
beforeEach(() => void vi.spyOn(console, 'info').mockImplementation(() => {}))

/** Runs a snippet that imports the configuration of the page. */
async function runWithConfiguration(
  name: string,
  code: string,
): Promise<Readonly<Record<string, unknown>>> {
  const configuration = readSnippets(PAGE)[0]!.code
  await runSnippet('fetch-bearward', adapt(configuration, issuerAddress()))
  return runSnippet(name, withConfiguration(code, './fetch-bearward.mjs'))
}

/** Creates a request with a token of this scope, or without a token. */
async function createRequest(scope?: string, path = '/reports'): Promise<Request> {
  const headers: HeadersInit =
    scope === undefined ? {} : { authorization: `Bearer ${await machineToken(scope)}` }
  return new Request(`http://localhost${path}`, { headers })
}

/** Checks a handler that a framework calls: it refuses a request without a token, and responds to a machine. */
async function expectHandler(call: Handler, expected: object, path?: string): Promise<void> {
  const refused = await call(await createRequest(undefined, path))
  expect(refused.status).toBe(401)
  expect(refused.headers.get('www-authenticate')).toContain('Bearer')
  const granted = await call(await createRequest('read:reports', path))
  expect([granted.status, await granted.json()]).toEqual([200, expected])
}

const REPORTS = { reportsFor: 'reports-cron' }

describeDocument(PAGE, {
  async 'Next.js, SvelteKit, Deno, Bun and other web handlers'(code) {
    const module = await runSnippet('fetch-configuration', adapt(code, issuerAddress()))
    expect(Object.keys(module)).toEqual(['protect', 'requireToken'])
  },

  async 'Protect a handler'(code) {
    const module = await runWithConfiguration('fetch-protect', code)
    await expectHandler(module['listReports'] as Handler, REPORTS)
  },

  async 'Next.js'(code) {
    const GET = (await runWithConfiguration('fetch-next.mts', code))['GET'] as Handler<
      Request,
      [unknown]
    >
    const context = { params: Promise.resolve({ id: '7' }) }
    await expectHandler((request) => GET(request, context), { id: '7', ...REPORTS })
  },

  async SvelteKit(code) {
    const module = await runWithConfiguration('fetch-svelte.mts', code)
    const GET = module['GET'] as (event: object) => Promise<Response>
    const params = { id: '7' }
    await expectHandler((request) => GET({ request, params }), { id: '7', ...REPORTS })
  },

  async h3(code) {
    const instead = { 'serve(app, { port: 3000 })': 'export { app, serve }' }
    const module = await runWithConfiguration('fetch-h3', adapt(code, instead))
    const app = module['app'] as { request(request: Request): Promise<Response> }
    await expectHandler(async (request) => app.request(request), REPORTS)

    const start = module['serve'] as (app: unknown, options: object) => { node: { server: Server } }
    const { server } = start(app, { port: 0, hostname: '127.0.0.1', silent: true }).node
    closing({ close: () => server.close() })
    if (!server.listening) await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await expectReportsAt(`http://127.0.0.1:${port}/reports`)
    const line = bearerLine(await machineToken('read:reports'))
    const socket = connect(port, '127.0.0.1')
    socket.end(
      `GET /reports HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${line}\r\n${line}\r\n\r\n`,
    )
    expect(await text(socket)).toContain('HTTP/1.1 400')
  },

  async tRPC(code) {
    const handler = (await runWithConfiguration('fetch-trpc.mts', code))['handler'] as Handler
    await expectHandler(handler, { result: { data: REPORTS } }, '/trpc/reports')
    const forbidden = await handler(await createRequest('admin', '/trpc/reports'))
    expect([forbidden.status, await forbidden.text()]).toEqual([
      403,
      expect.stringContaining('"code":"FORBIDDEN"'),
    ])
  },

  async 'GraphQL Yoga'(code) {
    const handler = (await runWithConfiguration('fetch-yoga.mts', code))['handler'] as Handler
    const path = '/graphql?query={reportsFor}'
    await expectHandler(handler, { data: REPORTS }, path)
    const { cors } = createBearward({ issuer: authorizationServer.issuer, audience: API })
    const request = await createRequest('read:reports', path)
    request.headers.set('origin', 'https://app.example.com')
    const response = await cors({ origins: ['https://app.example.com'] }, handler)(request)
    expect(await response.json()).toEqual({ data: REPORTS })
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    expect(response.headers.get('vary')).toBe('Origin')
  },

  async Deno(code) {
    const serve = vi.fn<(handler: Handler<Request, [object]>) => void>()
    vi.stubGlobal('Deno', { serve })
    await runWithConfiguration('fetch-deno.mts', code)
    vi.unstubAllGlobals()
    const [[handler]] = serve.mock.calls as [[Handler<Request, [object]>]]
    await expectHandler((request) => handler(request, { remoteAddr: {} }), REPORTS)
  },

  async Bun(code) {
    type Routes = Readonly<Record<string, Handler<Request, [object]>>>
    const serve = vi.fn<(options: { routes: Routes }) => void>()
    vi.stubGlobal('Bun', { serve })
    await runWithConfiguration('fetch-bun.mts', code)
    vi.unstubAllGlobals()
    const [[{ routes }]] = serve.mock.calls as [[{ routes: Routes }]]
    const handler = routes['/reports/:id']!
    const call: Handler = (request) =>
      handler(Object.assign(request, { params: { id: '7' } }), { upgrade: () => false })
    await expectHandler(call, { id: '7', ...REPORTS })
  },

  async 'Guard without a handler'(code) {
    const module = await runWithConfiguration('fetch-guard.mts', code)
    const handle = module['handle'] as Handler
    for (const scope of ['read:reports', 'admin']) {
      const granted = await handle(await createRequest(scope))
      expect(await granted.json()).toEqual({ caller: 'reports-cron' })
    }
    expect((await handle(await createRequest())).status).toBe(401)
    expect((await handle(await createRequest('write:reports'))).status).toBe(403)
  },

  async 'Metadata and CORS'(code) {
    const module = await runSnippet('fetch-metadata', adapt(code, issuerAddress()))
    const handle = module['handle'] as Handler
    await expectHandler(handle, REPORTS)
    const wellKnown = 'http://localhost/.well-known/oauth-protected-resource'
    const document = await handle(new Request(wellKnown))
    expect(await document.json()).toMatchObject({ resource: API })
    expect((await handle(new Request(wellKnown, { method: 'POST' }))).status).toBe(405)

    const origin = 'https://app.example.com'
    const preflight = { origin, 'access-control-request-method': 'GET' }
    const answer = await handle(
      new Request('http://localhost/reports', { method: 'OPTIONS', headers: preflight }),
    )
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
      204,
      origin,
    ])
    const refused = await handle(new Request('http://localhost/reports', { headers: { origin } }))
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
      401,
      origin,
    ])
  },
})

describe(PAGE, () => {
  it('protect({}, handler) requires a valid token, and auth(request) returns it', async () => {
    const { protect } = createBearward({ issuer: authorizationServer.issuer, audience: API })
    const handler = protect({}, (request) => Response.json(auth(request).clientId))
    expect((await handler(await createRequest())).status).toBe(401)
    expect(await (await handler(await createRequest('admin'))).json()).toBe('reports-cron')
  })

  it('protect refuses a web Request with several Authorization lines with 400 or 401', async () => {
    const { protect } = createBearward({ issuer: authorizationServer.issuer, audience: API })
    const handler = protect({}, () => Response.json({}))
    const bearer = `Bearer ${await machineToken('read:reports')}`
    for (const lines of [
      [bearer, bearer],
      [bearer, 'Basic YTpi'],
      ['Basic YTpi', bearer],
    ]) {
      const headers = lines.map((line): [string, string] => ['authorization', line])
      const { status } = await handler(new Request('http://localhost/', { headers }))
      expect([400, 401]).toContain(status)
    }
  })
})
