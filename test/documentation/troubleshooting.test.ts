import { execFileSync } from 'node:child_process'
import { createBearward, type ResourceServerOptions } from '@bearward/express'
import express, { type RequestHandler } from 'express'
import type { Request } from 'express'
import { describe, expect, it } from 'vitest'
import { ADVICE } from '../../packages/core/src/advice/find-advice.ts'
import { read } from '../repository/files.ts'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { generateKey } from '../support/keys.ts'
import { listen } from '../support/servers.ts'
import { API, describeDocument, type Scenario, serve } from './fixture.ts'
import { compileSnippets, readSnippets, runSnippet } from './snippets.ts'

const ISSUER = 'https://auth.example.com'
const PAGE = 'docs/troubleshooting.md'

/** Returns a function that sends requests to a guarded route, and the lines of the log. */
async function guardedBy(options: Partial<ResourceServerOptions<Request>>) {
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  const { requireToken } = createBearward({
    issuer: ISSUER,
    audience: API,
    logger: { info: write, warn: write },
    ...options,
  } as ResourceServerOptions<Request>)
  const app = express().get('/reports', requireToken())
  return { call: await serve(app), lines }
}

const TROUBLESHOOTING: Readonly<Record<string, Scenario>> = {
  async 'req.auth clashes with the type of another library'(code) {
    const { showCaller } = await runSnippet('troubleshooting-req-auth.mts', code)
    const issuer = createTestIssuer({ issuer: ISSUER, audience: API })
    const { requireToken } = createBearward({ issuer: ISSUER, audience: API, jwks: issuer.jwks })
    const call = await serve(express().get('/', requireToken(), showCaller as RequestHandler))
    expect(await call('GET', '/', issuer.token())).toEqual({
      status: 200,
      body: '{"client":"reports-cron"}',
    })
  },
}

describeDocument(PAGE, TROUBLESHOOTING)

describe('docs/troubleshooting.md', () => {
  it('the example of a log line equals the line that a guard writes', async () => {
    const example = /```text\n(\[bearward\] refused[^`]*)```/.exec(read(PAGE))![1]!
    const key = generateKey('ES256', 'k1')
    const { call, lines } = await guardedBy({ jwks: { keys: [key.jwk] } })
    const token = createTestIssuer({ issuer: `${ISSUER}/`, audience: API }).token({ key })
    expect((await call('GET', '/reports', token)).status).toBe(401)
    expect(lines).toEqual([example.trim().replaceAll('\n', ' ')])
  })

  it('the command to decode a token prints its header and its claims', () => {
    const command = /```sh\n(node -p [^`]*)```/.exec(read(PAGE))![1]!
    const token = createTestIssuer({ issuer: ISSUER }).token()
    const output = execFileSync('sh', ['-c', command], {
      env: { ...process.env, TOKEN: token },
      encoding: 'utf8',
    })
    const [header, claims] = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt' })
    expect(claims).toMatchObject({ iss: ISSUER, client_id: 'reports-cron' })
  })

  it('an opaque token of Auth0 gets the advice to send an audience', async () => {
    const { call, lines } = await guardedBy({ issuer: 'https://acme.eu.auth0.com/' })
    expect((await call('GET', '/reports', 'an-opaque-token')).status).toBe(401)
    expect(lines.join()).toContain('malformed_token')
    expect(lines.join()).toContain('one part, as in an opaque token')
    expect(lines.join()).toContain('send audience')
  })

  it('a failed fetch of keys gives 503 and a line with the cause', async () => {
    const server = await listen(() => {})
    await server.close()
    const { call, lines } = await guardedBy({ issuer: server.url })
    const token = createTestIssuer({ issuer: server.url, audience: API }).token()
    expect((await call('GET', '/reports', token)).status).toBe(503)
    expect(lines[0]).toContain('[bearward] keys_failed unreachable: ')
    expect(lines[0]).toContain('ECONNREFUSED')
  })

  it('a wrong realm gives a line with status 404', async () => {
    const server = closing(await listen((_, response) => void response.writeHead(404).end()))
    const { call, lines } = await guardedBy({ issuer: server.url })
    const token = createTestIssuer({ issuer: server.url, audience: API }).token()
    expect((await call('GET', '/reports', token)).status).toBe(503)
    expect(lines[0]).toContain('status 404')
  })

  it('the check that the log advises for roles of Keycloak accepts the role only in a list', async () => {
    const { change } = ADVICE.find(({ sign }) => sign?.includes('a role in the claim') === true)!
    const [, text] = /check: (.*)$/.exec(change)!
    const check = `export const check = ${text!.replace('<role>', 'admin')}\n`
    const module = await runSnippet('troubleshooting-roles', check)
    const decide = module['check'] as (token: { claims: object }) => boolean
    expect(decide({ claims: { realm_access: { roles: ['staff', 'admin'] } } })).toBe(true)
    const others = [{ roles: ['staff'] }, { roles: 'administrator' }, { roles: 'admin' }, {}, null]
    for (const realm of others) expect(decide({ claims: { realm_access: realm } })).toBe(false)
    expect(decide({ claims: {} })).toBe(false)
  })

  it('a preflight request gets 401 if a guard runs before the CORS middleware, and 204 otherwise', async () => {
    const { requireToken } = createBearward({ issuer: ISSUER, audience: API, logger: false })
    const cors: RequestHandler = (request, response, next) => {
      response.setHeader('Access-Control-Allow-Origin', '*')
      if (request.method === 'OPTIONS') response.sendStatus(204)
      else next()
    }
    const ask = async (order: readonly RequestHandler[], method: string) => {
      const { url } = closing(await listen(express().use(...order)))
      const response = await fetch(url, { method })
      return [response.status, response.headers.get('access-control-allow-origin')]
    }
    expect(await ask([requireToken(), cors], 'OPTIONS')).toEqual([401, null])
    expect(await ask([requireToken(), cors], 'GET')).toEqual([401, null])
    expect(await ask([cors, requireToken()], 'OPTIONS')).toEqual([204, '*'])
    expect(await ask([cors, requireToken()], 'GET')).toEqual([401, '*'])
  })

  it('the import of req-auth gives TS2717 beside another declaration, and auth(req) compiles', async () => {
    const other =
      'declare global { namespace Express { interface Request { auth?: { payload: object } } } }'
    const [snippet] = readSnippets(PAGE)
    const clash = `${snippet!.code}\n${other}\nimport '@bearward/express/req-auth'\n`
    expect(await compileSnippets('req-auth-clash', { clash })).toContain('TS2717')
    expect(await compileSnippets('req-auth', { other: `${snippet!.code}\n${other}\n` })).toBe('')
  })
})
