import { createBearward } from '@bearward/express'
import express, { type Express } from 'express'
import { describe, expect, it, vi } from 'vitest'
import { read } from '../repository/files.ts'
import { closing } from '../support/closing.ts'
import { introspectionServer } from '../support/introspection-server.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'
import { API, appInstead, describeDocument, type Scenario } from './fixture.ts'
import { readTable } from './read-table.ts'
import { adapt, runSnippet } from './snippets.ts'

const PAGE = 'docs/step-up.md'
const issuer = createTestIssuer({ issuer: 'https://auth.example.com', audience: API })
const audience = `audience: '${API}',`
const ownKeys = { [audience]: `${audience} jwks: ${JSON.stringify(issuer.jwks)},` }

/** Returns the time `seconds` seconds ago, in seconds since the epoch. */
const ago = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds
/** Returns the claims of a user who has just signed in with a second factor. */
const user = () => ({
  sub: 'user-ada',
  client_id: 'bank-web',
  scope: 'payments',
  acr: 'urn:example:mfa',
  auth_time: ago(10),
})
const machine = { sub: 'cron', client_id: 'cron', scope: 'payments' }

const STEP_UP: Readonly<Record<string, Scenario>> = {
  async 'Step-up authentication'(code) {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    const adapted = adapt(code, { ...appInstead, ...ownKeys })
    const app = (await runSnippet('step-up', adapted))['app'] as Express
    const { url } = closing(await listen(app))
    const post = (claims: object) => {
      const authorization = `Bearer ${issuer.token({ claims: { ...user(), ...claims } })}`
      return fetch(`${url}/payments`, { method: 'POST', headers: { authorization } })
    }
    expect((await post({})).status).toBe(202)
    // The clock tolerance is 5 s. These ages are one second inside the limits, because the test takes time.
    expect((await post({ auth_time: ago(304) })).status).toBe(202)
    expect((await post({ auth_time: ago(-4) })).status).toBe(202)
    expect((await post({ auth_time: ago(-10) })).status).toBe(401)
    expect((await post({ auth_time: String(ago(10)) })).status).toBe(401)
    expect((await post({ acr: 'urn:example:mf' })).status).toBe(401)

    const refused = await post({ auth_time: ago(400) })
    const [, shown] = /## The challenge[^]*?```text\n([^]*?)```/.exec(read(PAGE))!
    const lines = shown!.trimEnd().split('\n')
    expect(lines).toEqual([
      `HTTP/1.1 ${refused.status} ${refused.statusText}`,
      `Cache-Control: ${refused.headers.get('cache-control')}`,
      `Content-Type: ${refused.headers.get('content-type')}`,
      `WWW-Authenticate: ${refused.headers.get('www-authenticate')}`,
      '',
      await refused.text(),
    ])

    expect((await post({ scope: 'accounts', auth_time: ago(400) })).status).toBe(401)
    const withoutScope = await post({ scope: 'accounts' })
    expect(withoutScope.status).toBe(403)
    expect(withoutScope.headers.get('www-authenticate')).not.toContain('max_age')

    const ofMachine = await post({ ...machine, acr: undefined, auth_time: undefined })
    expect(ofMachine.status).toBe(403)
    expect(ofMachine.headers.get('www-authenticate')).toBe('Bearer realm="api"')
    expect((await post(machine)).status).toBe(202)

    info.mockClear()
    expect((await post({ acr: undefined })).status).toBe(401)
    expect(info.mock.calls.flat().join()).toContain('acr: expected urn:example:mfa, found nothing')
  },
}

describeDocument(PAGE, STEP_UP)

/** Starts an API with one guard. Returns a function that sends a token to the API, and returns the status and the challenge. */
async function startApi(options: object, requirements: object) {
  const { requireToken } = createBearward({
    issuer: issuer.issuer,
    audience: API,
    jwks: issuer.jwks,
    logger: false,
    ...options,
  } as never)
  const app = express().get('/', requireToken(requirements), (_q, response) => void response.end())
  const { url } = closing(await listen(app))
  return async (token: string) => {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '' }
  }
}

describe('the page about step-up authentication', () => {
  it('requireToken throws each message in docs/step-up.md', () => {
    const { requireToken } = createBearward({
      issuer: issuer.issuer,
      audience: API,
      machineClients: ['cron'],
      provider: 'node-oidc-provider',
      logger: false,
    })
    const wrong: readonly object[] = [
      { acr_values: 'urn:example:mfa' },
      { max_age: 300 },
      { acr: 'two words' },
      { maxAuthAge: '300' },
      { acr: 'urn:example:mfa', subject: 'machine' },
    ]
    const messages = readTable(PAGE, 'message').map(([message]) => message!)
    expect(messages).toHaveLength(wrong.length)
    for (const [index, requirements] of wrong.entries())
      expect(() => requireToken(requirements)).toThrow(messages[index])
  })

  it('a guard with acr challenges an unknown subject, and a guard with acr and the subject user responds with 403', async () => {
    const options = { provider: 'node-oidc-provider', machineClients: ['cron'] }
    // The sub is the client id, and the client is not in machineClients.
    const token = issuer.token({ claims: { sub: 'web', client_id: 'web' } })
    const call = await startApi(options, { acr: 'mfa' })
    expect(await call(token)).toEqual({
      status: 401,
      challenge: expect.stringContaining('acr_values="mfa"') as string,
    })
    const forUsers = await startApi(options, { acr: 'mfa', subject: 'user' })
    expect((await forUsers(token)).status).toBe(403)
  })

  it('the challenge of a guard with one of the requirements acr and maxAuthAge names only this requirement', async () => {
    const token = issuer.token({ claims: { ...user(), acr: '0', auth_time: ago(1000) } })
    const ofAcr = (await (await startApi({}, { acr: ['gold', 'silver'] }))(token)).challenge
    expect(ofAcr).toContain('acr_values="gold silver"')
    expect(ofAcr).not.toContain('max_age')
    const ofAge = (await (await startApi({}, { maxAuthAge: 60 }))(token)).challenge
    expect(ofAge).toContain('max_age="60"')
    expect(ofAge).not.toContain('acr_values')
  })

  it('a guard computes the age of a sign-in for each request from the cached introspection response of an opaque token', async () => {
    let now = Date.now()
    const server = closing(
      await introspectionServer({ active: true, aud: API, exp: ago(-3600), ...user() }),
    )
    const authentication = { method: 'client_secret_basic', secret: 'a-secret' }
    const call = await startApi(
      {
        issuer: server.url,
        jwks: undefined,
        tokenFormat: 'opaque',
        introspection: { clientId: 'api', clientAuthentication: authentication, maxAge: 3600 },
        clock: () => now,
      },
      { acr: 'urn:example:mfa', maxAuthAge: 300 },
    )
    expect((await call('an-opaque-token')).status).toBe(200)
    now += 400_000
    expect((await call('an-opaque-token')).status).toBe(401)
    expect(server.requests).toHaveLength(1)
  })
})
