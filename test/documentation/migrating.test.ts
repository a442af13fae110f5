import { getRequestListener } from '@hono/node-server'
import type { RequestListener } from 'node:http'
import type { Express } from 'express'
import { Hono } from 'hono'
import { jwk } from 'hono/jwk'
import { describe, expect, it, vi } from 'vitest'
import {
  API,
  appInstead,
  authorizationServer,
  describeDocument,
  issuerAddress,
  machineToken,
  serve,
  useAuthorizationServer,
  type Scenario,
} from './fixture.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'
import { closing } from '../support/closing.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

/** Returns the replacement of the address of the keys. The old library does not discover this address. */
const keysAddress = (): Record<string, string> => ({
  'https://auth.example.com/jwks': `${authorizationServer.issuer}/jwks`,
})

/** Returns a scenario of an app in which Bearward protects `/reports`, and the old library protects `/invoices`. */
function testBoth(
  name: string,
  instead = keysAddress,
  listenTo: (app: unknown) => RequestListener = (app) => app as Express,
  last: Record<string, string> = appInstead,
): Scenario {
  return async (code) => {
    // Express logs the errors of the old library.
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const adapted = adapt(code, { ...issuerAddress(), ...instead(), ...last })
    const call = await serve(listenTo((await runSnippet(`${name}.mts`, adapted))['app']))
    const token = await machineToken('read:reports')
    const withoutScope = await machineToken('admin')

    expect(await call('GET', '/reports', token)).toEqual({
      status: 200,
      body: '{"reportsFor":"reports-cron"}',
    })
    expect(await call('GET', '/invoices', token)).toEqual({
      status: 200,
      body: '{"invoicesFor":"reports-cron"}',
    })
    for (const path of ['/reports', '/invoices', '/unknown']) {
      expect([path, (await call('GET', path)).status]).toEqual([path, 401])
      expect([path, (await call('GET', path, `${token}x`)).status]).toEqual([path, 401])
    }
    for (const path of ['/reports', '/invoices']) {
      expect([path, (await call('GET', path, withoutScope)).status]).toEqual([path, 403])
    }
  }
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'With express-oauth2-jwt-bearer': testBoth('migrating-bearer', () => ({})),
  'With express-jwt and jwks-rsa': testBoth('migrating-express-jwt'),
  'With passport-jwt and jwks-rsa': testBoth('migrating-passport'),

  'With hono/jwk': testBoth(
    'migrating-hono-jwk',
    keysAddress,
    (app) => getRequestListener((app as Hono).fetch),
    { 'serve({ fetch: app.fetch, port: 3000 })': 'export { app }' },
  ),

  async 'Compare before you move a route'(code) {
    const logged = vi.spyOn(console, 'info').mockImplementation(() => {})
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const call = await serve((await runSnippet('migrating-compare', adapted))['app'] as Express)
    const accepted = { status: 200, body: '["a report"]' }

    expect((await call('GET', '/reports')).status).toBe(401)
    expect(await call('GET', '/reports', await machineToken('read:reports'))).toEqual(accepted)
    expect(logged).not.toHaveBeenCalled()

    // Bearward expects an audience that the old library does not expect.
    const other = adapt(adapted, {
      [`const audience = '${API}'`]: `const audience = ['${API}']`,
      ', audience })\n\n': ", audience: 'https://other.example.com' })\n\n",
    })
    const compared = await serve(
      (await runSnippet('migrating-compare-refused', other))['app'] as Express,
    )
    expect(await compared('GET', '/reports', await machineToken('read:reports'))).toEqual(accepted)
    expect(logged.mock.calls.flat()).toEqual([
      expect.stringContaining('[bearward] refused 401 wrong_audience'),
    ])
  },
}

describeDocument('docs/migrating.md', SCENARIOS)

describe('docs/migrating.md', () => {
  const issuer = createTestIssuer({ algorithms: ['ES256'] })
  const claims = {
    exp: undefined,
    iss: 'https://other.example.com',
    aud: 'https://other.example.com',
  }
  const other = issuer.token({ claims, header: { typ: 'JWT' } })

  /** Calls a route behind `jwk` of Hono. */
  async function callJwk(options: object, token = other): Promise<number> {
    const app = new Hono().use(jwk({ alg: ['ES256'], ...options } as never))
    app.get('/', (c) => c.text('passed'))
    const headers = { authorization: `Bearer ${token}` }
    return (await app.request('/', { headers })).status
  }

  it('jwk of Hono accepts another issuer, another audience and a missing exp, and refuses at+jwt and a missing kid', async () => {
    const { keys } = issuer.jwks
    expect(await callJwk({ keys })).toBe(200)
    expect(await callJwk({ keys, verification: { iss: issuer.issuer } })).toBe(401)
    expect(await callJwk({ keys }, issuer.token({ header: { typ: 'at+jwt' } }))).toBe(401)
    const nameless = issuer.token({ header: { typ: 'JWT', kid: undefined } })
    expect(await callJwk({ keys }, nameless)).toBe(401)
  })

  it('jwk of Hono fetches the keys for each request, and responds with 500 or 401 if that fails', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    let status = 200
    let calls = 0
    const server = closing(
      await listen((_request, response) => {
        calls++
        response.writeHead(status).end(JSON.stringify(issuer.jwks))
      }),
    )
    const jwks = { jwks_uri: `${server.url}/jwks` }
    expect([await callJwk(jwks), await callJwk(jwks), calls]).toEqual([200, 200, 2])
    status = 503
    expect(await callJwk(jwks)).toBe(500)
    await server.close()
    expect(await callJwk(jwks)).toBe(401)
  })
})
