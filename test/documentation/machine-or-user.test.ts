import { createBearward } from '@bearward/express'
import { expect } from 'vitest'
import type { Express, RequestHandler } from 'express'
import express from 'express'
import { createTestIssuer } from '../support/issuer.ts'
import { adapt, runSnippet } from './snippets.ts'
import {
  API,
  appInstead,
  machine,
  authorizationServer,
  useAuthorizationServer,
  machineToken,
  userToken,
  serve,
  describeDocument,
  type Scenario,
} from './fixture.ts'

useAuthorizationServer()

/** Scenarios for the snippets of docs/machine-or-user.md. */
const MACHINE_OR_USER: Readonly<Record<string, Scenario>> = {
  async 'Machine or user'(code) {
    const keycloak = createTestIssuer({
      issuer: 'https://sso.example.com/realms/acme',
      audience: API,
    })
    const adapted = adapt(code, {
      ...appInstead,
      [`audience: '${API}',`]: `audience: '${API}', jwks: ${JSON.stringify(keycloak.jwks)},`,
    })
    const call = await serve((await runSnippet('machine-or-user', adapted))['app'] as Express)
    const sub = 'c3f1a7f0-5a0e-4a53-9a5e-6a1c5b5d0b11'
    const user = keycloak.token({
      claims: {
        client_id: undefined,
        azp: 'web',
        sub,
        sid: 'a-session',
        preferred_username: 'ada',
      },
    })
    const machineMarks = { clientHost: '192.0.2.1', clientAddress: '192.0.2.1', client_id: 'cron' }
    const service = keycloak.token({
      claims: { azp: 'cron', sub, preferred_username: 'service-account-cron', ...machineMarks },
    })
    expect(await call('GET', '/my-reports', user)).toEqual({
      status: 200,
      body: JSON.stringify({
        reportsOf: JSON.stringify(['https://sso.example.com/realms/acme', 'user', sub]),
      }),
    })
    expect((await call('GET', '/my-reports', service)).status).toBe(403)
    expect((await call('POST', '/reindex', service)).status).toBe(202)
    expect((await call('POST', '/reindex', user)).status).toBe(403)
  },

  async 'Use the subject in a handler'(code) {
    const { requireToken } = createBearward({
      issuer: authorizationServer.issuer,
      audience: API,
      provider: 'node-oidc-provider',
      machineClients: [machine.id],
    })
    const { listReports } = await runSnippet('machine-or-user-handlers', code)
    const call = await serve(express().get('/', requireToken(), listReports as RequestHandler))
    expect((await call('GET', '/', await machineToken('read:reports'))).body).toContain('of all')
    const ofAda = JSON.stringify([authorizationServer.issuer, 'user', 'user-ada'])
    expect(JSON.parse((await call('GET', '/', await userToken('read:reports'))).body)).toEqual([
      `the sum for ${ofAda}`,
    ])
    const { requireToken: withoutRules } = createBearward({
      issuer: authorizationServer.issuer,
      audience: API,
    })
    const unknown = await serve(express().get('/', withoutRules(), listReports as RequestHandler))
    expect((await unknown('GET', '/', await machineToken('read:reports'))).status).toBe(403)
  },

  async 'Public platforms'(code) {
    const github = createTestIssuer({
      issuer: 'https://token.actions.githubusercontent.com',
      audience: 'https://deploy.example.com',
    })
    const audience = "audience: 'https://deploy.example.com',"
    const jwks = `jwks: ${JSON.stringify(github.jwks)},`
    const module = await runSnippet(
      'machine-or-user-public',
      adapt(code, { [audience]: audience + jwks }),
    )
    const guarded = express()
      .use(module['ourWorkflows'] as RequestHandler)
      .get('/', (_request, response) => void response.json('deployed'))
    const call = await serve(guarded)
    const run = { client_id: undefined, scope: undefined, run_id: '1', sub: 'repo:acme/orders' }
    const createToken = (repository_id: string) =>
      github.token({ claims: { ...run, repository_id } })
    expect((await call('GET', '/', createToken('000000000'))).status).toBe(200)
    expect((await call('GET', '/', createToken('75'))).status).toBe(403)
  },
}

describeDocument('docs/machine-or-user.md', MACHINE_OR_USER)
