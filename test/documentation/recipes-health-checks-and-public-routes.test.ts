import type { Express } from 'express'
import { expect } from 'vitest'
import { listen } from '../support/servers.ts'
import {
  appInstead,
  describeDocument,
  issuerAddress,
  machineToken,
  serve,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

describeDocument('docs/recipes/health-checks-and-public-routes.md', {
  async 'Health checks and public routes'(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const call = await serve((await runSnippet('recipes-health', adapted))['app'] as Express)
    expect((await call('GET', '/healthz')).body).toBe('ok')
    // The first request to `/readyz` starts the fetch of the keys.
    expect((await call('GET', '/readyz')).status).toBe(503)
    const token = await machineToken('read:reports')
    expect(await call('GET', '/reports', token)).toEqual({
      status: 200,
      body: '{"reportsFor":"reports-cron"}',
    })
    expect((await call('GET', '/readyz')).status).toBe(200)
    expect((await call('GET', '/catalog')).body).toBe('{"prices":"public"}')
    expect((await call('GET', '/catalog', token)).body).toBe('{"prices":"your own"}')
    expect((await call('GET', '/catalog', `${token}x`)).status).toBe(401)
    expect((await call('GET', '/reports')).status).toBe(401)
    expect((await call('GET', '/not-defined')).status).toBe(401)

    const { url, close } = await listen(() => {})
    await close()
    const down = adapt(code, { "'https://auth.example.com'": `'${url}'`, ...appInstead })
    const withoutKeys = await serve((await runSnippet('recipes-down', down))['app'] as Express)
    expect((await withoutKeys('GET', '/readyz')).status).toBe(503)
    expect((await withoutKeys('GET', '/healthz')).status).toBe(200)
    expect((await withoutKeys('GET', '/catalog')).status).toBe(200)
  },
})
