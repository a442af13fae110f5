import type { Express, RequestHandler } from 'express'
import express from 'express'
import { expect, vi } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
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
}

describeDocument('docs/configuration.md', CONFIGURATION)
