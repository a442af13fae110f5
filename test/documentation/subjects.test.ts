import { createBearward } from '@bearward/express'
import { expect } from 'vitest'
import type { RequestHandler } from 'express'
import express from 'express'
import { createTestIssuer } from '../support/issuer.ts'
import { adapt, runSnippet } from './snippets.ts'
import {
  API,
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

/** Scenarios for the snippets of docs/subjects.md. */
const SUBJECTS: Readonly<Record<string, Scenario>> = {
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
    const jwks = `jwks: ${JSON.stringify(github.jwks)},`
    const module = await runSnippet('public', adapt(code, { [audience]: audience + jwks }))
    const guarded = express()
      .use(module['ourWorkflows'] as RequestHandler)
      .get('/', (_request, response) => void response.json('deployed'))
    const call = await serve(guarded)
    const run = { client_id: undefined, scope: undefined, run_id: '1', sub: 'repo:acme/orders' }
    const createToken = (repository_id: string) =>
      github.token({ claims: { ...run, repository_id } })
    expect((await call('GET', '/', createToken('74'))).status).toBe(200)
    expect((await call('GET', '/', createToken('75'))).status).toBe(403)
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
    const { requireToken: withoutRules } = createBearward({
      issuer: authorizationServer.issuer,
      audience: API,
    })
    const unknown = await serve(express().get('/', withoutRules(), listReports as RequestHandler))
    expect((await unknown('GET', '/', await machineToken('read:reports'))).status).toBe(403)
  },
}

describeDocument('docs/subjects.md', SUBJECTS)
