import { execFileSync } from 'node:child_process'
import {
  createBearward,
  type ExpressRequirements,
  type ResourceServerOptions,
} from '@bearward/express'
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

/** Starts a guarded route. Returns the lines of the log, and a function that sends requests to the route. */
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
  it('the log line in docs/troubleshooting.md equals the line that a guard writes', async () => {
    const example = /```text\n(\[bearward\] refused[^`]*)```/.exec(read(PAGE))![1]!
    const key = generateKey('ES256', 'k1')
    const { call, lines } = await guardedBy({ jwks: { keys: [key.jwk] } })
    const token = createTestIssuer({ issuer: `${ISSUER}/`, audience: API }).token({ key })
    expect((await call('GET', '/reports', token)).status).toBe(401)
    expect(lines).toEqual([example.trim().replaceAll('\n', ' ')])
  })

  it('the command in docs/troubleshooting.md prints the header and the claims of a token', () => {
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

  it('a guard refuses an opaque token of Auth0, and the log advises to send the parameter audience', async () => {
    const { call, lines } = await guardedBy({ issuer: 'https://acme.eu.auth0.com/' })
    expect((await call('GET', '/reports', 'an-opaque-token')).status).toBe(401)
    expect(lines.join()).toContain('malformed_token')
    expect(lines.join()).toContain('one part, as in an opaque token')
    expect(lines.join()).toContain('send the parameter audience')
  })

  it('a guard responds with 503 and logs ECONNREFUSED if the authorization server does not listen', async () => {
    const server = await listen(() => {})
    await server.close()
    const { call, lines } = await guardedBy({ issuer: server.url })
    const token = createTestIssuer({ issuer: server.url, audience: API }).token()
    expect((await call('GET', '/reports', token)).status).toBe(503)
    expect(lines[0]).toContain('[bearward] keys_failed unreachable: ')
    expect(lines[0]).toContain('ECONNREFUSED')
  })

  it('a guard responds with 503 and logs status 404 if the authorization server responds with 404', async () => {
    const server = closing(await listen((_, response) => void response.writeHead(404).end()))
    const { call, lines } = await guardedBy({ issuer: server.url })
    const token = createTestIssuer({ issuer: server.url, audience: API }).token()
    expect((await call('GET', '/reports', token)).status).toBe(503)
    expect(lines[0]).toContain('status 404')
  })

  it('a guard with the claims that the log advises for roles of Keycloak accepts the role only in a list', async () => {
    const [, text] = /claims: (\[\{.*?\}\])/.exec(JSON.stringify(ADVICE.insufficient_scope))!
    const code = `export const claims = ${text!.replace('<role>', 'admin')}\n`
    const { claims } = await runSnippet('troubleshooting-roles', code)
    const issuer = createTestIssuer({ issuer: ISSUER, audience: API })
    const { jwks } = issuer
    const { requireToken } = createBearward({ issuer: ISSUER, audience: API, jwks, logger: false })
    const guard = requireToken({ claims } as ExpressRequirements)
    const { url } = closing(await listen(express().get('/', guard, (_, res) => res.json({}))))
    const getStatus = async (realm: unknown) => {
      const authorization = `Bearer ${issuer.token({ claims: { realm_access: realm } })}`
      return (await fetch(url, { headers: { authorization } })).status
    }
    expect(await getStatus({ roles: ['staff', 'admin'] })).toBe(200)
    const others = [{ roles: ['staff'] }, { roles: 'administrator' }, { roles: 'admin' }, {}, null]
    for (const realm of others) expect(await getStatus(realm)).toBe(403)
    expect(await getStatus(undefined)).toBe(403)
  })

  it('a preflight request gets 204, and a 401 has the CORS header, only if the CORS middleware runs before the guard', async () => {
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

  it('another declaration of req.auth compiles together with auth(req), and causes TS2717 together with the import of req-auth', async () => {
    const other =
      'declare global { namespace Express { interface Request { auth?: { payload: object } } } }'
    const [snippet] = readSnippets(PAGE)
    const clash = `${snippet!.code}\n${other}\nimport '@bearward/express/req-auth'\n`
    expect(await compileSnippets('req-auth-clash', { clash })).toContain('TS2717')
    expect(await compileSnippets('req-auth', { other: `${snippet!.code}\n${other}\n` })).toBe('')
  })
})
