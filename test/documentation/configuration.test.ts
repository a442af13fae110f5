import { createResourceServer, type ResourceServerOptions } from '@bearward/core'
import type { Express, RequestHandler } from 'express'
import express from 'express'
import { describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { requestWith } from '../support/requests.ts'
import { listen } from '../support/servers.ts'
import {
  API,
  appInstead,
  authorizationServer,
  describeDocument,
  issuerAddress,
  machineToken,
  type Scenario,
  serve,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

const CONFIGURATION: Readonly<Record<string, Scenario>> = {
  async Configuration(code) {
    const module = await runSnippet('configuration', adapt(code, issuerAddress()))
    const guarded = express()
      .use((module['requireToken'] as () => RequestHandler)())
      .get('/', (_request, response) => void response.send('in'))
    const call = await serve(guarded)
    expect((await call('GET', '/')).status).toBe(401)
    expect((await call('GET', '/', await machineToken('admin'))).status).toBe(200)
  },

  async 'Token in a cookie'(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const module = await runSnippet('configuration-cookie', adapted)
    const { url } = closing(await listen(module['app'] as Express))
    const token = await machineToken('read:reports admin')
    const call = async (method: string, cookie: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/reports`, { method, headers: { cookie, ...headers } })
    const cookie = `theme=dark; __Host-token=${token}`

    expect(await (await call('GET', cookie)).json()).toEqual({ reportsFor: 'reports-cron' })
    expect((await call('GET', 'theme=dark')).status).toBe(401)
    expect((await call('GET', `token=${token}`)).status).toBe(401)
    expect((await call('GET', `${cookie}; __Host-token=other`)).status).toBe(400)
    expect((await call('GET', `__Host-token=other; ${cookie}`)).status).toBe(400)
    // The program does not read the Authorization header.
    expect((await call('GET', '', { authorization: `Bearer ${token}` })).status).toBe(401)
    expect((await call('GET', cookie, { authorization: 'Bearer other' })).status).toBe(200)
    expect((await call('POST', cookie)).status).toBe(403)
    expect((await call('POST', cookie, { origin: 'https://evil.example.com' })).status).toBe(403)
    const origin = 'https://app.example.com'
    expect((await call('POST', cookie, { origin })).status).toBe(201)
    const reader = `__Host-token=${await machineToken('read:reports')}`
    expect((await call('POST', reader, { origin })).status).toBe(403)
  },

  async 'Environment variables'(code) {
    process.env['BEARWARD_ISSUER'] = authorizationServer.issuer
    process.env['BEARWARD_AUDIENCE'] = API
    const adapted = adapt(code, appInstead)
    const call = await serve((await runSnippet('configuration-env', adapted))['app'] as Express)
    expect(await call('GET', '/reports', await machineToken('read:reports'))).toEqual({
      status: 200,
      body: '["a report"]',
    })
    process.env['BEARWARD_ISUER'] = 'misspelt'
    await expect(runSnippet('configuration-env-misspelt', adapted)).rejects.toThrow(
      'Did you mean BEARWARD_ISSUER?',
    )
    delete process.env['BEARWARD_ISUER']
  },

  async 'Environment variables with onEvent'(code) {
    process.env['BEARWARD_ISSUER'] = authorizationServer.issuer
    process.env['BEARWARD_AUDIENCE'] = API
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const module = await runSnippet('configuration-environment-options', code)
    const guarded = express().use((module['requireToken'] as () => RequestHandler)())
    expect((await (await serve(guarded))('GET', '/')).status).toBe(401)
    expect(warned.mock.calls).toEqual([['no_credentials', 'Authorization']])
    delete process.env['BEARWARD_ISSUER']
    await expect(runSnippet('configuration-environment-missing', code)).rejects.toThrow(
      'BEARWARD_ISSUER is not set',
    )
  },

  async 'Several issuers'(code) {
    const partner = createTestIssuer({ issuer: 'https://partner.example.com', audience: API })
    const adapted = adapt(code, {
      ...issuerAddress(),
      ...appInstead,
      'maxTokenAge: 3600': `maxTokenAge: 3600, jwks: ${JSON.stringify(partner.jwks)}`,
    })
    const module = await runSnippet('configuration-several-issuers', adapted)
    const call = await serve(module['app'] as Express)
    const ours = await machineToken('read:reports')
    const theirs = partner.token({ claims: { scope: 'read:reports' } })
    const bodyOf = async (token: string) => (await call('GET', '/reports', token)).body
    expect(await bodyOf(ours)).toContain(authorizationServer.issuer)
    expect(await bodyOf(theirs)).toContain('https://partner.example.com')
    expect((await call('GET', '/staff', ours)).status).toBe(200)
    expect((await call('GET', '/staff', theirs)).status).toBe(403)
  },

  async 'Issuers that are not known at startup'(code) {
    const PREFIX = 'https://login.example.com/tenants/'
    const acme = createTestIssuer({ issuer: `${PREFIX}acme`, audience: API })
    const ofTenant = "? { issuer: iss, audience: 'https://api.example.com'"
    const adapted = adapt(code, {
      ...issuerAddress(),
      [ofTenant]: `${ofTenant}, jwks: ${JSON.stringify(acme.jwks)}`,
    })
    const { requireToken } = await runSnippet('configuration-tenants', adapted)
    const guard = (requireToken as () => RequestHandler)()
    const call = await serve(express().get('/', guard, (_request, response) => void response.end()))
    expect((await call('GET', '/', acme.token())).status).toBe(200)
    expect((await call('GET', '/', await machineToken('admin'))).status).toBe(200)
    const other = acme.token({ claims: { iss: `${PREFIX}globex` } })
    expect((await call('GET', '/', other)).status).toBe(401)
  },
}

describeDocument('docs/configuration.md', CONFIGURATION)

describe('the table of credentials in another place', () => {
  const { jwks, token } = createTestIssuer({ issuer: 'https://auth.example.com', audience: API })
  const decide = async (
    credentials: NonNullable<ResourceServerOptions['credentials']>,
    headers: Record<string, string | string[]>,
  ) => {
    const options = { issuer: 'https://auth.example.com', audience: API, jwks, credentials }
    const server = createResourceServer(options)
    const outcome = await server.authorize({ method: 'GET', url: '/', headers })
    return outcome.kind === 'refused' ? `${outcome.status} ${outcome.reason}` : outcome.kind
  }
  const { authorization } = requestWith(token()).headers as { authorization: string }

  it.each<[expected: string, request: string, Record<string, string | string[]>]>([
    ['granted', 'a token in x-token', { 'x-token': token() }],
    ['400 malformed_credentials', 'Bearer and a token in x-token', { 'x-token': authorization }],
    ['401 no_credentials', 'a request without headers', {}],
    ['400 multiple_credentials', 'two values of x-token', { 'x-token': [token(), token()] }],
    [
      '400 multiple_credentials',
      'x-token and Authorization',
      { 'x-token': token(), authorization },
    ],
    ['401 unsupported_scheme', 'Authorization alone', { authorization }],
  ])(
    'authorize with credentials: { header: "x-token" } returns %s for %s',
    async (expected, _request, headers) => {
      expect(await decide({ header: 'x-token' }, headers)).toBe(expected)
    },
  )

  it.each<[expected: string, name: string, returned: string | undefined]>([
    ['granted', 'a token', token()],
    ['400 malformed_credentials', 'Bearer and a token', authorization],
    ['401 no_credentials', 'undefined', undefined],
    ['400 malformed_credentials', 'an empty text', ''],
  ])(
    'authorize returns %s if the credentials function returns %s',
    async (expected, _name, returned) => {
      expect(await decide(() => returned, { authorization })).toBe(expected)
    },
  )

  it('authorize fails if the credentials function returns a promise or throws', async () => {
    const later = (async () => token()) as unknown as () => string
    await expect(decide(later, {})).rejects.toThrow('synchronously')
    const failing = () => {
      throw new Error('of the application')
    }
    await expect(decide(failing, {})).rejects.toThrow('of the application')
  })
})
