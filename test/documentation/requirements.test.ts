import { createBearward } from '@bearward/express'
import type { ErrorRequestHandler, Express } from 'express'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { TOKEN_REQUIREMENTS } from '../../packages/core/src/authorization/requirements.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { adapt, runSnippet } from './snippets.ts'
import { readTable } from './read-table.ts'
import {
  API,
  appInstead,
  describeDocument,
  issuerAddress,
  machineToken,
  type Scenario,
  serve,
  useAuthorizationServer,
  userToken,
} from './fixture.ts'

useAuthorizationServer()

const issuer = createTestIssuer({ issuer: 'https://auth.example.com', audience: API })
const audience = `audience: '${API}',`
/** Gives a snippet the keys of the test issuer, for tokens that a real server does not issue. */
const ownKeys = { [audience]: `${audience} jwks: ${JSON.stringify(issuer.jwks)},` }

const respondWith500: ErrorRequestHandler = (_error, _request, response, _next) =>
  void response.sendStatus(500)

/** Scenarios for the snippets of docs/requirements.md. */
const REQUIREMENTS: Readonly<Record<string, Scenario>> = {
  async Requirements(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const call = await serve((await runSnippet('requirements-first', adapted))['app'] as Express)

    const machine = await machineToken('read:reports')
    expect((await call('GET', '/me')).status).toBe(401)
    expect((await call('GET', '/me', machine)).body).toBe('{"client":"reports-cron"}')
    expect((await call('GET', '/reports', machine)).status).toBe(200)
    expect((await call('GET', '/reports', await machineToken('admin'))).status).toBe(403)
    expect((await call('DELETE', '/reports', await machineToken('admin'))).status).toBe(204)
    expect((await call('DELETE', '/reports', machine)).status).toBe(403)
    expect((await call('DELETE', '/reports', await userToken('admin'))).status).toBe(403)
  },

  async 'Scopes that contain others'(code) {
    const adapted = adapt(code, { ...appInstead, ...ownKeys })
    const app = (await runSnippet('requirements-scopes', adapted))['app'] as Express
    const call = await serve(app)
    const statuses = async (scope: string) => {
      const token = issuer.token({ claims: { scope } })
      return Promise.all(
        ['GET', 'DELETE'].map(async (method) => (await call(method, '/notes', token)).status),
      )
    }
    expect(await statuses('notes:read')).toEqual([200, 403])
    expect(await statuses('notes')).toEqual([200, 403])
    expect(await statuses('admin')).toEqual([200, 204])
    expect(await statuses('notes:write')).toEqual([403, 403])
  },

  async Claims(code) {
    const adapted = adapt(code, { ...appInstead, ...ownKeys })
    const call = await serve((await runSnippet('requirements-claims', adapted))['app'] as Express)
    const editor = {
      scope: 'write:reports',
      plan: 'gold',
      realm_access: { roles: ['editor'] },
      'https://example.com/teams': ['south'],
    }
    const put = async (claims: object) =>
      (await call('PUT', '/reports/1', issuer.token({ claims: { ...editor, ...claims } }))).status
    expect(await put({})).toBe(204)
    expect(await put({ plan: 'silver' })).toBe(403)
    expect(await put({ realm_access: { roles: ['editors'] } })).toBe(403)
    expect(await put({ 'https://example.com/teams': ['east'] })).toBe(403)
    expect(await put({ 'https://example.com/teams': 'south' })).toBe(403)
    expect(await put({ scope: 'read:reports' })).toBe(403)
  },

  async 'Authorization details'(code) {
    const adapted = adapt(code, { ...appInstead, ...ownKeys })
    const call = await serve((await runSnippet('requirements-details', adapted))['app'] as Express)
    const withDetails = (...details: unknown[]) =>
      issuer.token({ claims: { authorization_details: details } })
    const balances = { type: 'account_information', actions: ['list_accounts', 'read_balances'] }
    const payment = { type: 'payment_initiation', instructedAmount: { currency: 'EUR' } }
    const get = async (...details: unknown[]) =>
      (await call('GET', '/balances', withDetails(...details))).status
    const post = async (...details: unknown[]) =>
      (await call('POST', '/payments', withDetails(...details))).status
    expect(await get(balances)).toBe(200)
    expect(await get(payment, balances)).toBe(200)
    expect(await get(payment)).toBe(403)
    expect(await get({ ...balances, actions: ['list_accounts'] })).toBe(403)
    expect(await get({ ...balances, actions: 'read_balances' })).toBe(403)
    expect(await post(payment)).toBe(202)
    expect(await post(balances)).toBe(403)
    expect(await post(payment, payment)).toBe(403)
    expect(await post()).toBe(403)
    expect(await post({ type: 1 }, payment)).toBe(403)
  },

  async 'Your own check'(code) {
    const adapted = adapt(code, { ...appInstead, ...ownKeys })
    const call = await serve((await runSnippet('requirements-check', adapted))['app'] as Express)
    const token = issuer.token({ claims: { scope: 'read:reports', tenant_id: 'acme' } })

    expect((await call('GET', '/tenants/acme/reports', token)).status).toBe(200)
    const refused = await call('GET', '/tenants/other/reports', token)
    expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('forbidden') })
  },

  async 'Optional authentication'(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const call = await serve((await runSnippet('requirements-optional', adapted))['app'] as Express)

    expect((await call('GET', '/articles')).body).toBe('{"caller":"anonymous"}')
    const token = await machineToken('read:reports')
    expect((await call('GET', '/articles', token)).body).toBe('{"caller":"reports-cron"}')
    expect((await call('GET', '/articles', 'x.y.z')).status).toBe(401)
  },
}

describeDocument('docs/requirements.md', REQUIREMENTS)

describe('the page of requirements', () => {
  it('docs/requirements.md lists each requirement', () => {
    const documented = readTable('docs/requirements.md', 'requirement').map(
      ([cell]) => /^\w+/.exec(cell!)![0],
    )
    const names = [...Object.keys(TOKEN_REQUIREMENTS), 'check', 'issuer', 'introspect', 'optional']
    expect([...new Set(documented)].sort()).toEqual(names.sort())
  })

  it('docs/requirements.md lists each member of an access token', async () => {
    const { verify } = createBearward({ issuer: issuer.issuer, audience: API, jwks: issuer.jwks })
    const outcome = await verify(issuer.token())
    if (outcome.kind !== 'granted') throw new Error(outcome.reason)
    const documented = readTable('docs/requirements.md', 'member').map(
      ([cell]) => /^\w+/.exec(cell!)![0],
    )
    const members = new Set([...Object.keys(outcome.token), 'hasScope'])
    expect(documented.sort()).toEqual([...members].sort())
    expect(outcome.token.hasScope('read')).toBe(true)
  })

  it('hasScope returns false for a scope that only scopes.implies grants, and the challenge names only the required scope', async () => {
    const { authorize } = createBearward({
      issuer: issuer.issuer,
      audience: API,
      jwks: issuer.jwks,
      logger: false,
      scopes: { implies: { notes: ['notes:read'] } },
    })
    const decide = (scope: string) => {
      const authorization = `Bearer ${issuer.token({ claims: { scope } })}`
      const request = { method: 'GET', originalUrl: '/', headers: { authorization } }
      return authorize(request as never, { scope: 'notes:read' })
    }
    const granted = await decide('notes')
    expect(granted.kind === 'granted' && granted.token.hasScope('notes:read')).toBe(false)
    expect(granted.kind === 'granted' && granted.token.scopes).toEqual(['notes'])
    expect((await decide('other')).headers['WWW-Authenticate']).toContain('scope="notes:read"')
  })

  it.each([
    [200, 'true', () => true],
    [403, 'false', () => false],
    [403, 'undefined', () => undefined],
    [500, 'a string', () => 'yes'],
    [403, 'a promise of false', () => Promise.resolve(false)],
  ])('a route responds with %i if check returns %s', async (status, _, check) => {
    const { requireToken } = createBearward({
      issuer: issuer.issuer,
      audience: API,
      jwks: issuer.jwks,
      logger: false,
    })
    const app = express()
      .use(requireToken({ check: check as () => boolean }))
      .use((_request, response) => void response.send('in'))
      .use(respondWith500)
    expect((await (await serve(app))('GET', '/', issuer.token())).status).toBe(status)
  })

  it('an optional guard applies scope and check only to a request with a token', async () => {
    const { requireToken } = createBearward({
      issuer: issuer.issuer,
      audience: API,
      jwks: issuer.jwks,
      logger: false,
    })
    const app = express()
      .use(requireToken({ optional: true, scope: 'admin', check: () => false }))
      .use((_request, response) => void response.send('in'))
    const call = await serve(app)
    expect((await call('GET', '/')).status).toBe(200)
    expect((await call('GET', '/', issuer.token())).status).toBe(403)
  })
})
