import '@bearward/express/req-auth'
import express from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer } from '../../../test/support/issuer.ts'
import { bearer } from '../../../test/support/requests.ts'
import { listen } from '../../../test/support/servers.ts'
import { requireToken } from '../src/index.ts'

const before = { ...process.env }

function setEnvironment(variables: Record<string, string>) {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('BEARWARD_')) delete process.env[name]
  }
  Object.assign(process.env, variables)
}

beforeEach(() => setEnvironment({}))
afterEach(() => {
  setEnvironment({})
  Object.assign(process.env, before)
})

describe('the stand-alone requireToken', () => {
  it('requireToken() protects an app with the issuer and the audience of the environment', async () => {
    const keyServer = await listen((req, res) => {
      const documents: Record<string, unknown> = {
        '/.well-known/openid-configuration': {
          issuer: keyServer.url,
          jwks_uri: `${keyServer.url}/jwks`,
        },
        '/jwks': issuer.jwks,
      }
      res.setHeader('content-type', 'application/json')
      res.end(JSON.stringify(documents[req.url!] ?? {}))
    })
    const issuer = createTestIssuer({ issuer: keyServer.url })
    setEnvironment({ BEARWARD_ISSUER: keyServer.url, BEARWARD_AUDIENCE: AUDIENCE })

    const app = express()
    app.use(requireToken({ scope: 'read' }))
    app.get('/', (req, res) => void res.send(req.auth!.issuer))
    const api = await listen(app)

    const response = await fetch(api.url, bearer(issuer.token()))
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(keyServer.url)
    expect((await fetch(api.url)).status).toBe(401)
    await Promise.all([api.close(), keyServer.close()])
  })

  it('requireToken() throws if environment variables are missing, and names each of them', () => {
    expect(() => requireToken()).toThrow(
      /BEARWARD_ISSUER is not set[^]*BEARWARD_AUDIENCE is not set/,
    )
  })

  it('requireToken() throws for an unknown variable, and suggests the right name', () => {
    setEnvironment({ BEARWARD_ISUER: 'https://as.example.com', BEARWARD_AUDIENCE: AUDIENCE })
    expect(() => requireToken()).toThrow('Did you mean BEARWARD_ISSUER?')
  })

  it('requireToken() reads the environment at each call', () => {
    expect(() => requireToken()).toThrow('BEARWARD_ISSUER')
    setEnvironment({ BEARWARD_ISSUER: 'https://as.example.com', BEARWARD_AUDIENCE: AUDIENCE })
    expect(() => requireToken({ subject: 'machine' })).toThrow('machineSubject')
    setEnvironment({
      BEARWARD_ISSUER: 'https://as.example.com',
      BEARWARD_AUDIENCE: AUDIENCE,
      BEARWARD_MACHINE_SUBJECT: 'client_id',
    })
    expect(requireToken({ subject: 'machine' })).toBeTypeOf('function')
  })

  it('requireToken() uses the provider and the machine clients of the environment', () => {
    const usual = { BEARWARD_ISSUER: 'https://as.example.com', BEARWARD_AUDIENCE: AUDIENCE }
    setEnvironment({ ...usual, BEARWARD_PROVIDER: 'keycloak' })
    expect(requireToken({ subject: 'user' })).toBeTypeOf('function')
    setEnvironment({ ...usual, BEARWARD_PROVIDER: 'keyclock' })
    expect(() => requireToken()).toThrow('Did you mean keycloak?')
    setEnvironment({ ...usual, BEARWARD_PROVIDER: 'b2c', BEARWARD_MACHINE_CLIENTS: 'cron probe' })
    expect(requireToken({ subject: 'machine' })).toBeTypeOf('function')
    expect(() => requireToken({ subject: 'user' })).toThrow('b2c')
  })
})
