import type { Express } from 'express'
import { expect, vi } from 'vitest'
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
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

/** Returns the replacement of the address of the keys. The old library does not discover this address. */
const keysAddress = (): Record<string, string> => ({
  'https://auth.example.com/jwks': `${authorizationServer.issuer}/jwks`,
})

/** Returns a scenario of an app in which Bearward protects `/reports`, and the old library protects `/invoices`. */
function testBoth(name: string, instead = keysAddress): Scenario {
  return async (code) => {
    // Express logs the errors of the old library.
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const adapted = adapt(code, { ...issuerAddress(), ...instead(), ...appInstead })
    const call = await serve((await runSnippet(`${name}.mts`, adapted))['app'] as Express)
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

  async 'Compare before you move a route'(code) {
    const logged = vi.spyOn(console, 'info').mockImplementation(() => {})
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const call = await serve((await runSnippet('migrating-compare', adapted))['app'] as Express)
    const accepted = { status: 200, body: '["a report"]' }

    expect((await call('GET', '/reports')).status).toBe(401)
    expect(await call('GET', '/reports', await machineToken('read:reports'))).toEqual(accepted)
    expect(logged).not.toHaveBeenCalled()

    // Bearward expects another audience than the old library.
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
