import { createBearward } from '@bearward/fetch/hono'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { some } from 'hono/combine'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  describeDocument,
  expectReports,
  issuerAddress,
  machineToken,
  serve,
  authorizationServer,
  API,
  useAuthorizationServer,
} from './fixture.ts'
import { runTests } from './run-tests.ts'
import { adapt, readSnippets, runSnippet } from './snippets.ts'

useAuthorizationServer()
beforeEach(() => void vi.spyOn(console, 'info').mockImplementation(() => {}))

/** Runs a program with the authorization server of the test. Returns its app. */
async function importApp(name: string, code: string, last: Record<string, string> = {}) {
  const module = await runSnippet(name, adapt(code, { ...issuerAddress(), ...last }))
  return module['app'] as Hono
}

const listenTo = (app: Hono) => getRequestListener(app.fetch)
const bearer = async (scope: string) => ({
  headers: { authorization: `Bearer ${await machineToken(scope)}` },
})

let localToken = ''

/** Runs the script that makes a key and a token. Returns the token. */
async function makeToken(code: string, suffix = ''): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await runSnippet(`hono-make-token${suffix}`, code)
  return log.mock.lastCall![0] as string
}

describeDocument('docs/hono.md', {
  async Hono(code) {
    const last = { 'serve({ fetch: app.fetch, port: 3000 })': 'export { app }' }
    const app = await importApp('hono', code, last)
    await expectReports(listenTo(app), '/reports')
    const call = await serve(listenTo(app))
    expect(await call('GET', '/healthz')).toEqual({ status: 200, body: 'ok' })
  },

  async 'Try it without a provider'(code) {
    localToken = await makeToken(code)
    expect(localToken).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  },

  async 'API with the local key'(code) {
    const call = async (name: string, token?: string) => {
      const last = { 'serve({ fetch: app.fetch, port: 3000 })': 'export { app }' }
      const app = (await runSnippet(name, adapt(code, last)))['app'] as Hono
      return app.request('/reports', {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      })
    }
    const granted = await call('hono-local', localToken)
    expect([granted.status, await granted.json()]).toEqual([200, { reportsFor: 'reports-cron' }])
    expect((await call('hono-local-anonymous')).status).toBe(401)
    const script = readSnippets('docs/hono.md').find(
      ({ heading }) => heading === 'Try it without a provider',
    )!
    const other = await makeToken(
      adapt(script.code, { "'read:reports'": "'write:reports'" }),
      '-other',
    )
    expect((await call('hono-local-other', localToken)).status).toBe(401)
    expect((await call('hono-local-scope', other)).status).toBe(403)
  },

  'Test it': runTests('hono', 3),

  async 'Place of a guard'(code) {
    const app = await importApp('hono-place', code)
    await expectReports(listenTo(app), '/reports')
    for (const [scope, status] of [
      ['read:reports', 403],
      ['admin', 403],
      ['read:reports admin', 204],
    ] as const) {
      const init = { method: 'DELETE', ...(await bearer(scope)) }
      expect((await app.request('/reports/1', init)).status).toBe(status)
    }
    expect((await app.request('/.well-known/oauth-protected-resource')).status).toBe(200)
    const origin = 'https://app.example.com'
    const preflight = { origin, 'access-control-request-method': 'GET' }
    const answer = await app.request('/reports', { method: 'OPTIONS', headers: preflight })
    expect(answer.status).toBe(204)
    const refused = await app.request('/reports', { headers: { origin } })
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin)
  },

  async 'Read the token'(code) {
    const app = await importApp('hono-optional.mts', code)
    expect(await (await app.request('/reports')).json()).toEqual({ reportsFor: 'everyone' })
    const response = await app.request('/reports', await bearer('read:reports'))
    expect(await response.json()).toEqual({ reportsFor: 'reports-cron' })
  },

  async 'Decide in a handler'(code) {
    const app = await importApp('hono-decide', code)
    for (const scope of ['read:reports', 'admin']) {
      const response = await app.request('/reports', await bearer(scope))
      expect(await response.json()).toEqual({ caller: 'reports-cron' })
    }
    const refused = await app.request('/reports')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('Bearer')
    expect((await app.request('/reports', await bearer('write:reports'))).status).toBe(403)
    const unawaited = adapt(code, { 'await authorize': 'authorize' })
    vi.spyOn(console, 'error').mockImplementation(() => {})
    expect((await (await importApp('hono-unawaited', unawaited)).request('/reports')).status).toBe(
      500,
    )
  },
})

describe('docs/hono.md', () => {
  it('some() of hono/combine responds with the refusal of the first guard', async () => {
    const { requireToken } = createBearward({ issuer: authorizationServer.issuer, audience: API })
    const [admin, reader] = [{ scope: 'admin' }, { scope: 'read:reports' }].map((each) =>
      requireToken(each),
    )
    const app = new Hono().use(some(admin!, reader!)).get('/', (c) => c.text('ok'))
    expect((await app.request('/', await bearer('admin'))).status).toBe(200)
    expect((await app.request('/', await bearer('read:reports'))).status).toBe(403)
  })
})
