import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuthorizationServer,
  requestClientCredentialsToken,
  revokeToken,
  signIn,
  startAuthorizationServer,
} from '@bearward/example-authorization-server'
import { createBearward } from '@bearward/express'
import type { Express, RequestHandler } from 'express'
import express from 'express'
import type { FastifyInstance } from 'fastify'
import type Koa from 'koa'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
import { listen, type RunningServer } from '../support/servers.ts'
import { adapt, runSnippet, snippetsOf } from './snippets.ts'

const API = 'https://api.example.com'
const OPAQUE_API = 'https://opaque.example.com'
const machine = {
  kind: 'confidential',
  id: 'reports-cron',
  secret: 'a-secret-of-the-test',
} as const
const app = { kind: 'public', id: 'reports-web' } as const
/** The API as a client of the authorization server. */
const api = { kind: 'confidential', id: 'reports-api', secret: 'another-secret' } as const

let authorizationServer: AuthorizationServer
const running: RunningServer[] = []

beforeAll(async () => {
  authorizationServer = await startAuthorizationServer({
    resources: [
      { identifier: API, scopes: ['read:reports', 'admin'] },
      { identifier: OPAQUE_API, scopes: ['read:reports'], format: 'opaque' },
    ],
    clients: [machine, app, api],
    users: [{ id: 'user-ada' }],
  })
})

afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  delete process.env['BEARWARD_ISSUER']
  delete process.env['BEARWARD_AUDIENCE']
  await Promise.all(running.splice(0).map((server) => server.close()))
})

afterAll(() => authorizationServer.close())

const machineToken = async (scope: string, resource = API) =>
  (
    await requestClientCredentialsToken(authorizationServer.issuer, machine, {
      scope,
      resource,
    })
  ).access_token
const userToken = async (scope: string) =>
  (await signIn(authorizationServer.issuer, app, { id: 'user-ada' }, { scope, resource: API }))
    .access_token

async function serve(handler: Parameters<typeof listen>[0]) {
  const server = await listen(handler)
  running.push(server)
  return async (method: string, path: string, token?: string) => {
    const headers: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(server.url + path, { method, headers })
    return { status: response.status, body: await response.text() }
  }
}

const issuerAddress = () => ({ "'https://auth.example.com'": `'${authorizationServer.issuer}'` })
const appInstead = { 'app.listen(3000)': 'export { app }' }

/** What each snippet of a document shall do, in the order of the document. */
const README: Record<string, (code: string) => Promise<void>> = {
  async 'Quick start'(code) {
    const module = await runSnippet(
      'quick-start',
      adapt(code, { ...issuerAddress(), ...appInstead }),
    )
    const call = await serve(module['app'] as Express)

    expect((await call('GET', '/reports')).status).toBe(401)
    expect(await call('GET', '/reports', await machineToken('read:reports'))).toEqual({
      status: 200,
      body: '{"reportsOf":"reports-cron","kind":"machine"}',
    })
    expect(await call('GET', '/reports', await userToken('read:reports'))).toEqual({
      status: 200,
      body: '{"reportsOf":"user-ada","kind":"user"}',
    })
    expect((await call('POST', '/reindex', await machineToken('read:reports'))).status).toBe(403)
    expect((await call('POST', '/reindex', await userToken('admin'))).status).toBe(403)
    expect((await call('POST', '/reindex', await machineToken('admin'))).status).toBe(202)
  },

  async 'Quick start: Koa'(code) {
    const module = await runSnippet('koa', adapt(code, { ...issuerAddress(), ...appInstead }))
    await answersReports((module['app'] as Koa).callback(), '/')
  },

  async 'Quick start: Fastify'(code) {
    await answersReports(await fastifySnippet('fastify', code), '/reports')
  },

  async 'With the environment alone'(code) {
    await expect(runSnippet('environment-missing', adapt(code, appInstead))).rejects.toThrow(
      'BEARWARD_ISSUER is not set',
    )
    process.env['BEARWARD_ISSUER'] = authorizationServer.issuer
    process.env['BEARWARD_AUDIENCE'] = API
    const module = await runSnippet('environment', adapt(code, appInstead))
    const call = await serve(module['app'] as Express)

    expect((await call('GET', '/reports')).status).toBe(401)
    expect(await call('GET', '/reports', await machineToken('read:reports'))).toEqual({
      status: 200,
      body: '["a report"]',
    })
  },

  async 'What the server knows'(code) {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const module = await runSnippet('logger', adapt(code, issuerAddress()))
    const logging = express()
    logging.use((module['requireToken'] as () => RequestHandler)())
    const call = await serve(logging)

    expect((await call('GET', '/')).status).toBe(401)
    const events = warned.mock.calls.map(([line]) => JSON.parse(line as string) as unknown)
    expect(events).toEqual([expect.objectContaining({ type: 'refused', reason: 'no_credentials' })])
  },

  async 'Keys, and the worst night'(code) {
    const module = await runSnippet('readiness', adapt(code, issuerAddress()))
    const { isReady, ready } = module as { isReady(): boolean; ready(): Promise<void> }
    await ready()
    expect(isReady()).toBe(true)
    ;(module['close'] as () => void)()
  },

  async 'Opaque tokens, and revocation'(code) {
    vi.stubEnv('CLIENT_SECRET', api.secret)
    const adapted = adapt(code, {
      ...issuerAddress(),
      ...appInstead,
      [`'${API}'`]: `['${API}', '${OPAQUE_API}']`,
    })
    const call = await serve((await runSnippet('opaque', adapted))['app'] as Express)
    const opaque = await machineToken('read:reports', OPAQUE_API)

    expect((await call('GET', '/reports')).status).toBe(401)
    for (const token of [opaque, await machineToken('read:reports')]) {
      expect(await call('GET', '/reports', token)).toEqual({
        status: 200,
        body: '{"reportsFor":"reports-cron"}',
      })
    }
    expect((await call('POST', '/payments', opaque)).status).toBe(202)
    await revokeToken(authorizationServer.issuer, machine, opaque)
    expect((await call('POST', '/payments', opaque)).status).toBe(401)
  },

  async 'Testing your own routes'(code) {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    await runSnippet('own-routes', code)
    expect(logged.mock.calls).toEqual([[200, 'user-1']])
  },
}

const SUBJECTS: Record<string, (code: string) => Promise<void>> = {
  async 'What you configure'(code) {
    const module = await runSnippet('configure-subjects', code)
    for (const name of ['machines', 'people']) {
      const guarded = express().use(module[name] as RequestHandler)
      expect((await (await serve(guarded))('GET', '/')).status).toBe(401)
    }
  },

  async Providers(code) {
    const github = createTestIssuer({
      issuer: 'https://token.actions.githubusercontent.com',
      audience: 'https://deploy.example.com',
    })
    const audience = "audience: 'https://deploy.example.com',"
    const keys = `keys: ${JSON.stringify(github.jwks)},`
    const module = await runSnippet('public', adapt(code, { [audience]: audience + keys }))
    const guarded = express()
      .use(module['ourWorkflows'] as RequestHandler)
      .get('/', (_request, response) => void response.json('deployed'))
    const call = await serve(guarded)
    const run = { client_id: undefined, scope: undefined, run_id: '1', sub: 'repo:acme/orders' }
    const tokenOf = (repository_id: string) => github.token({ claims: { ...run, repository_id } })
    expect((await call('GET', '/', tokenOf('74'))).status).toBe(200)
    expect((await call('GET', '/', tokenOf('75'))).status).toBe(403)
  },

  async Handlers(code) {
    const { requireToken } = createBearward({
      issuer: authorizationServer.issuer,
      audience: API,
      provider: 'node-oidc-provider',
      machineClients: [machine.id],
    })
    const { listReports } = await runSnippet('handlers', code)
    const call = await serve(express().get('/', requireToken(), listReports as RequestHandler))
    expect((await call('GET', '/', await machineToken('read:reports'))).body).toContain('of all')
    const ofAda = JSON.stringify([authorizationServer.issuer, 'user', 'user-ada'])
    expect(JSON.parse((await call('GET', '/', await userToken('read:reports'))).body)).toEqual([
      `the sum for ${ofAda}`,
    ])
    const { requireToken: byCustom } = createBearward({
      issuer: authorizationServer.issuer,
      audience: API,
    })
    const unsaid = await serve(express().get('/', byCustom(), listReports as RequestHandler))
    expect((await unsaid('GET', '/', await machineToken('read:reports'))).status).toBe(403)
  },
}

/** What the short snippets have in common: they tell a machine its client id, and nobody else anything. */
async function answersReports(handler: Parameters<typeof listen>[0], path: string): Promise<void> {
  const call = await serve(handler)
  expect((await call('GET', path)).status).toBe(401)
  expect(await call('GET', path, await machineToken('read:reports'))).toEqual({
    status: 200,
    body: '{"reportsFor":"reports-cron"}',
  })
}

async function fastifySnippet(name: string, code: string): Promise<RequestListener> {
  const instead = { 'await app.listen({ port: 3000 })': 'await app.ready()\nexport { app }' }
  const module = await runSnippet(name, adapt(code, { ...issuerAddress(), ...instead }))
  return (module['app'] as FastifyInstance).routing
}

/** An API of which the snippets of callers know no more than its address. */
async function reportsApi(code: string): Promise<string> {
  const { requireToken } = createBearward({ issuer: authorizationServer.issuer, audience: API })
  const reports = express()
  reports.get('/reports', requireToken({ scope: 'read:reports' }), (_request, response) => {
    response.json(['a report'])
  })
  const server = await listen(reports)
  running.push(server)
  vi.stubEnv('CLIENT_ID', machine.id)
  vi.stubEnv('CLIENT_SECRET', machine.secret)
  return adapt(code, {
    ...issuerAddress(),
    [`${API}/reports`]: `${server.url}/reports`,
    [`  resource: '${API}',`]: `  resource: '${API}', origins: ['${server.url}'],`,
  })
}

const PACKAGES: Record<string, Record<string, (code: string) => Promise<void>>> = {
  'packages/client/README.md': {
    async 'A service'(code) {
      const module = await runSnippet('client-service', await reportsApi(code))
      expect(await (module['reports'] as () => Promise<unknown>)()).toEqual(['a report'])
    },
    async 'A cron job'(code) {
      const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
      await runSnippet('client-cron', await reportsApi(code))
      expect(logged.mock.calls).toEqual([[200, ['a report']]])
    },
    async 'A command-line tool'(code) {
      const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
      const complained = vi.spyOn(console, 'error').mockImplementation(() => {})
      const adapted = await reportsApi(code)
      await runSnippet('client-tool', adapted)
      expect(logged.mock.calls).toEqual([['["a report"]']])
      vi.stubEnv('CLIENT_SECRET', 'a wrong one')
      await runSnippet('client-tool-refused', adapted)
      expect(complained.mock.calls).toEqual([[expect.stringContaining('invalid_client: ')]])
      expect(process.exitCode).toBe(2)
      process.exitCode = undefined
    },
    async 'The token itself'(code) {
      vi.stubEnv('CLIENT_SECRET', machine.secret)
      const module = await runSnippet('client-token', adapt(code, issuerAddress()))
      expect(module['headers']).toEqual({ Authorization: expect.stringMatching(/^Bearer ey/) })
    },
    async 'What happens'(code) {
      const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
      vi.stubEnv('CLIENT_SECRET', 'a wrong one')
      const module = await runSnippet('client-events', adapt(code, issuerAddress()))
      const { getToken } = module['source'] as { getToken(): Promise<unknown> }
      await expect(getToken()).rejects.toThrow('invalid_client')
      expect(warned.mock.calls).toEqual([
        ['invalid_client', 'ours', expect.stringContaining('Check clientId')],
      ])
    },
  },
  'packages/express/README.md': {
    async '@bearward/express'(code) {
      const module = await runSnippet('express', adapt(code, { ...issuerAddress(), ...appInstead }))
      await answersReports(module['app'] as Express, '/reports')
    },
  },
  'packages/koa/README.md': {
    async '@bearward/koa'(code) {
      const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
      const module = await runSnippet('koa-package', adapted)
      await answersReports((module['app'] as Koa).callback(), '/')
    },
  },
  'packages/fastify/README.md': {
    async '@bearward/fastify'(code) {
      await answersReports(await fastifySnippet('fastify-package', code), '/reports')
    },
  },
  'packages/core/README.md': {
    async '@bearward/core'(code) {
      const adapted = adapt(code, {
        ...issuerAddress(),
        'createServer(async': 'export const httpServer = createServer(async',
        '.listen(3000)': ".listen(0, '127.0.0.1')",
      })
      const server = (await runSnippet('core', adapted))['httpServer'] as Server
      if (!server.listening) await once(server, 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const headers = { authorization: `Bearer ${await machineToken('read:reports')}` }
      expect((await fetch(url)).status).toBe(401)
      expect(await (await fetch(url, { headers })).text()).toBe('hello reports-cron')
      server.close()
      server.closeAllConnections()
    },
  },
}

const DOCUMENTS = { 'README.md': README, 'docs/subjects.md': SUBJECTS, ...PACKAGES }

describe.each(Object.entries(DOCUMENTS))('%s', (document, scenarios) => {
  const snippets = snippetsOf(document)

  it('has a scenario for each of its snippets, and a snippet for each scenario', () => {
    expect(snippets.map(({ heading }) => heading)).toEqual(Object.keys(scenarios))
  })

  it.each(snippets)('does what it says under "$heading"', ({ heading, code }) =>
    scenarios[heading]!(code),
  )
})
