import { revokeToken } from '@bearward/example-authorization-server'
import { expect, vi } from 'vitest'
import type { Express, RequestHandler } from 'express'
import express from 'express'
import type Koa from 'koa'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { scriptedServer } from '../support/scripted-server.ts'
import { listen } from '../support/servers.ts'
import { adapt, runSnippet } from './snippets.ts'
import {
  API,
  OPAQUE_API,
  machine,
  api,
  authorizationServer,
  useAuthorizationServer,
  machineToken,
  userToken,
  serve,
  issuerAddress,
  appInstead,
  expectReports,
  fastifySnippet,
  describeDocument,
  type Scenario,
} from './fixture.ts'

useAuthorizationServer()

/** Scenarios for the snippets of README.md, by heading and in the order of the document. */
const README: Readonly<Record<string, Scenario>> = {
  async 'Quick start'(code) {
    const module = await runSnippet(
      'quick-start',
      adapt(code, { ...issuerAddress(), ...appInstead }),
    )
    const call = await serve(module['app'] as Express)

    expect((await call('GET', '/reports')).status).toBe(401)
    expect((await call('GET', '/reports', await machineToken('read:reports'))).status).toBe(403)
    expect(await call('GET', '/reports', await userToken('read:reports'))).toEqual({
      status: 200,
      body: '{"reportsOf":"user-ada"}',
    })
    expect((await call('POST', '/reindex', await machineToken('read:reports'))).status).toBe(403)
    expect((await call('POST', '/reindex', await userToken('admin'))).status).toBe(403)
    expect((await call('POST', '/reindex', await machineToken('admin'))).status).toBe(202)
  },

  async 'Quick start: Koa'(code) {
    const module = await runSnippet('koa', adapt(code, { ...issuerAddress(), ...appInstead }))
    await expectReports((module['app'] as Koa).callback(), '/')
  },

  async 'Quick start: Fastify'(code) {
    await expectReports(await fastifySnippet('fastify', code), '/reports')
  },

  async 'With the environment alone'(code) {
    await expect(runSnippet('environment-missing', adapt(code, appInstead))).rejects.toThrow(
      'BEARWARD_ISSUER is not set',
    )
    process.env['BEARWARD_ISSUER'] = authorizationServer.issuer
    process.env['BEARWARD_AUDIENCE'] = API
    const module = await runSnippet('environment', adapt(code, appInstead))
    const call = await serve(module['app'] as Express)

    expect((await call('GET', '/reports')).status).toBe(401)
    expect(await call('GET', '/reports', await machineToken('read:reports'))).toEqual({
      status: 200,
      body: '["a report"]',
    })
  },

  async 'Calling an API as a service'(code) {
    vi.stubEnv('CLIENT_SECRET', 'a secret')
    const token = { access_token: 'a', token_type: 'Bearer', expires_in: 60 }
    const server = closing(
      await scriptedServer('/token', token, (url) => ({
        '/.well-known/openid-configuration': { issuer: url, token_endpoint: `${url}/token` },
        '/reports': ['a report'],
      })),
    )
    const adapted = adapt(code, {
      'https://auth.example.com': server.url,
      [`  resource: '${API}',`]: `  resource: '${API}', allowedOrigins: ['${server.url}'],`,
      [`${API}/reports`]: `${server.url}/reports`,
    })
    const { response } = await runSnippet('calling', adapted)
    expect(await (response as Response).json()).toEqual(['a report'])
    expect(server.asked[0]!.form.get('resource')).toBe(API)
  },

  async 'Deciding in your own code'(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const call = await serve((await runSnippet('deciding', adapted))['app'] as Express)
    for (const scope of ['read:reports', 'admin']) {
      expect(await call('GET', '/reports', await machineToken(scope))).toEqual({
        status: 200,
        body: '{"caller":"reports-cron"}',
      })
    }
    expect((await call('GET', '/reports')).status).toBe(401)
    expect(await call('GET', '/reports', await machineToken('write:reports'))).toEqual({
      status: 403,
      body: JSON.stringify({
        error: 'insufficient_scope',
        error_description: 'The access token lacks a required scope.',
      }),
    })
    const unawaited = adapt(adapted, { 'await authorize': 'authorize' })
    const open = await serve((await runSnippet('deciding-unawaited', unawaited))['app'] as Express)
    expect((await open('GET', '/reports', await machineToken('read:reports'))).status).toBe(500)
    expect((await open('GET', '/reports')).status).toBe(500)
  },

  async 'Tokens from sockets, queues and tools'(code) {
    const module = await runSnippet('verify', adapt(code, issuerAddress()))
    const onMessage = module['onMessage'] as (message: { token: string }) => Promise<string>
    expect(await onMessage({ token: await machineToken('read:reports') })).toBe(
      'reports for reports-cron',
    )
    expect(await onMessage({ token: await machineToken('admin') })).toBe('insufficient_scope')
    expect(await onMessage({ token: 'x.y.z' })).toBe('malformed_token')
  },

  async 'In another header'(code) {
    const access = createTestIssuer({
      issuer: 'https://example.cloudflareaccess.com',
      audience: 'the-application-audience-tag',
    })
    const keys = closing(
      await listen((_, response) => {
        response.setHeader('Content-Type', 'application/json').end(JSON.stringify(access.jwks))
      }),
    )
    const certs = 'https://example.cloudflareaccess.com/cdn-cgi/access/certs'
    const module = await runSnippet('another-header', adapt(code, { [certs]: keys.url }))
    const guarded = express().use((module['requireToken'] as () => RequestHandler)())
    const { url } = closing(await listen(guarded.use((_, response) => void response.send('in'))))
    const ask = async (headers: Record<string, string>) => (await fetch(url, { headers })).status
    const token = access.token({ header: { typ: undefined }, claims: { type: 'app' } })

    expect(await ask({ 'cf-access-jwt-assertion': token })).toBe(200)
    const service = { type: 'app', sub: '', common_name: `${'a1'.repeat(16)}.access` }
    expect(await ask({ 'cf-access-jwt-assertion': access.token({ claims: service }) })).toBe(200)
    const others = { type: 'org', scope: undefined }
    expect(await ask({ 'cf-access-jwt-assertion': access.token({ claims: others }) })).toBe(401)
    const authorization = `Bearer ${token}`
    expect(await ask({ 'cf-access-jwt-assertion': token, authorization })).toBe(400)
    expect(await ask({ authorization })).toBe(401)
    expect(await ask({})).toBe(401)
  },

  async 'In a cookie, or anywhere'(code) {
    const module = await runSnippet('cookie', adapt(code, issuerAddress()))
    const guarded = express().use((module['requireToken'] as () => RequestHandler)())
    const { url } = closing(await listen(guarded.use((_, response) => void response.send('in'))))
    const ask = async (cookie: string) => (await fetch(url, { headers: { cookie } })).status
    const token = await machineToken('read:reports')

    expect(await ask(`theme=dark; access_token=${token}`)).toBe(200)
    expect(await ask(`theme=dark; access_token=${token.slice(0, -10)}`)).toBe(401)
    expect(await ask('theme=dark')).toBe(401)
  },

  async 'Opaque tokens, and revocation'(code) {
    vi.stubEnv('CLIENT_SECRET', api.secret)
    const adapted = adapt(code, {
      ...issuerAddress(),
      ...appInstead,
      [`'${API}'`]: `['${API}', '${OPAQUE_API}']`,
    })
    const call = await serve((await runSnippet('opaque', adapted))['app'] as Express)
    const opaque = await machineToken('read:reports', OPAQUE_API)

    expect((await call('GET', '/reports')).status).toBe(401)
    for (const token of [opaque, await machineToken('read:reports')]) {
      expect(await call('GET', '/reports', token)).toEqual({
        status: 200,
        body: '{"reportsFor":"reports-cron"}',
      })
    }
    expect((await call('POST', '/payments', opaque)).status).toBe(202)
    await revokeToken(authorizationServer.issuer, machine, opaque)
    expect((await call('POST', '/payments', opaque)).status).toBe(401)
  },

  async Logging(code) {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const module = await runSnippet('logger', adapt(code, issuerAddress()))
    const logging = express()
    logging.use((module['requireToken'] as () => RequestHandler)())
    const call = await serve(logging)

    expect((await call('GET', '/')).status).toBe(401)
    const lines = warned.mock.calls.map(([path, event]) => ({
      path: path as unknown,
      event: JSON.parse(event as string) as unknown,
    }))
    expect(lines).toEqual([
      {
        path: '/',
        event: expect.objectContaining({ type: 'refused', reason: 'no_credentials' }) as unknown,
      },
    ])
  },

  async 'Keys, and the worst night'(code) {
    const module = await runSnippet('readiness', adapt(code, issuerAddress()))
    const { isReady, ready } = module as { isReady(): boolean; ready(): Promise<void> }
    await ready()
    expect(isReady()).toBe(true)
    ;(module['close'] as () => void)()
  },

  async 'Testing your own routes'(code) {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    await runSnippet('own-routes', code)
    expect(logged.mock.calls).toEqual([[200, 'user-1']])
  },
}

<<<<<<< HEAD
describeDocument('README.md', README)
=======
/** Scenarios for the snippets of docs/subjects.md. */
const SUBJECTS: Record<string, (code: string) => Promise<void>> = {
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

/** Checks a short snippet: a machine gets its client id, and a request without a token gets 401. */
async function expectReports(handler: Parameters<typeof listen>[0], path: string): Promise<void> {
  const call = await serve(handler)
  expect((await call('GET', path)).status).toBe(401)
  expect(await call('GET', path, await machineToken('read:reports'))).toEqual({
    status: 200,
    body: '{"reportsFor":"reports-cron"}',
  })
}

async function fastifySnippet(name: string, code: string): Promise<RequestListener> {
  const instead = { 'await app.listen({ port: 3000 })': 'await app.ready()\nexport { app }' }
  const module = await runSnippet(name, adapt(code, { ...issuerAddress(), ...instead }))
  return (module['app'] as FastifyInstance).routing
}

/** The API that the snippets of the client's README call. */
interface ReportsApi {
  readonly url: string
  /** Method, path and scheme of each request, for example `GET /reports Bearer`. */
  readonly calls: string[]
  /** Returns a snippet with the addresses of this API and of the authorization server. */
  readonly adapted: (code: string, more?: Record<string, string>) => string
  /** Rejects the next request with `invalid_token`, as if its token was revoked. */
  readonly rejectNext: () => void
}

async function startReportsApi(): Promise<ReportsApi> {
  const { requireToken } = createBearward({ issuer: authorizationServer.issuer, audience: API })
  const calls: string[] = []
  let isRevoked = false
  const reports = express()
  reports.use(({ method, url, headers }, response, next) => {
    calls.push(`${method} ${url} ${headers.authorization?.split(' ')[0]}`)
    if (!isRevoked) return next()
    isRevoked = false
    response.set('WWW-Authenticate', 'Bearer error="invalid_token"').status(401).json('rejected')
  })
  reports.get('/away', (_request, response) => response.redirect('/reports'))
  reports.get('/reports', requireToken({ scope: 'read:reports' }), (_request, response) => {
    response.json(['a report'])
  })
  const server = closing(await listen(reports))
  vi.stubEnv('CLIENT_ID', machine.id)
  vi.stubEnv('CLIENT_SECRET', machine.secret)
  return {
    url: server.url,
    calls,
    adapted: (code, more = {}) =>
      adapt(code, {
        ...issuerAddress(),
        [`${API}/reports`]: `${server.url}/reports`,
        [`  resource: '${API}',`]: `  resource: '${API}', allowedOrigins: ['${server.url}'],`,
        ...more,
      }),
    rejectNext: () => void (isRevoked = true),
  }
}

const CLIENT = 'packages/client/README.md'

/** Writes the module `source` of the client's README, which other snippets import. It uses the clock of the test. */
async function writeSource(): Promise<TokenSource> {
  const { code } = readSnippets(CLIENT).find(({ heading }) => heading === 'The token itself')!
  const instead = {
    ...issuerAddress(),
    '  scope:': '  clock: globalThis.documentationClock, scope:',
  }
  return (await runSnippet('source', adapt(code, instead)))['source'] as TokenSource
}

/** Clock of the test and of the snippets that import `source`. */
const clock = fakeClock(Math.floor(Date.now() / 1000))
Object.assign(globalThis, { documentationClock: clock })

/** Address on an origin that the token source does not allow. */
const ELSEWHERE = 'http://127.0.0.1:9/reports'

/** Scenarios for the snippets of the packages' README.md. */
const PACKAGES: Record<string, Record<string, (code: string) => Promise<void>>> = {
  [CLIENT]: {
    async 'A service'(code) {
      const { adapted } = await startReportsApi()
      const module = await runSnippet('reports', adapted(code))
      expect(await (module['reports'] as () => Promise<unknown>)()).toEqual(['a report'])
      vi.stubEnv('CLIENT_SECRET', undefined)
      await expect(runSnippet('reports-unset', adapted(code))).rejects.toThrow(
        'clientAuthentication.secret is missing (is the environment variable set?)',
      )
    },
    async 'A service: Express'(code) {
      const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
      const module = await runSnippet('client-express', code)
      const call = await serve(module['app'] as Express)
      // The API of the previous snippet is closed, so the error is not a TokenError.
      expect((await call('GET', '/report')).status).toBe(500)
      expect(logged.mock.calls).toEqual([])
      const failing = adapt(code, { "'./reports.mjs'": "'./failing.mjs'" })
      await runSnippet(
        'failing',
        `import { TokenError } from '@bearward/client'
        export const reports = () => Promise.reject(new TokenError('throttled', { retryAfter: 7 }))`,
      )
      const down = await runSnippet('client-express-down', failing)
      const { url } = closing(await listen(down['app'] as Express))
      const response = await fetch(`${url}/report`)
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7'])
      expect(await response.json()).toEqual({ error: 'temporarily_unavailable' })
      expect(logged).toHaveBeenCalledOnce()
    },
    async 'The token itself'(code) {
      const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
      vi.stubEnv('CLIENT_SECRET', machine.secret)
      const module = await runSnippet('client-token', adapt(code, issuerAddress()))
      const headers = module['headers'] as () => Promise<unknown>
      expect(await headers()).toEqual({ Authorization: expect.stringMatching(/^Bearer ey/) })
      vi.stubEnv('CLIENT_SECRET', 'a wrong one')
      ;(module['source'] as TokenSource).invalidate()
      await expect(headers()).rejects.toThrow('invalid_client')
      expect(warned.mock.calls).toEqual([
        ['invalid_client', 'configuration', expect.stringContaining('Check clientId')],
      ])
    },
    async 'A cron job'(code) {
      const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
      await runSnippet('client-cron', (await startReportsApi()).adapted(code))
      expect(logged.mock.calls).toEqual([[200, ['a report']]])
    },
    async 'A command-line tool'(code) {
      const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
      const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
      const { adapted } = await startReportsApi()
      await runSnippet('client-tool', adapted(code))
      expect(logged.mock.calls).toEqual([['["a report"]']])
      vi.stubEnv('CLIENT_SECRET', 'a wrong one')
      await runSnippet('client-tool-unset', adapt(adapted(code), { 'process.env': '{}' }))
      expect(printed.mock.calls).toEqual([
        [expect.stringContaining('clientAuthentication.secret is missing')],
      ])
      expect(process.exitCode).toBe(2)
      printed.mockClear()
      await runSnippet('client-tool-refused', adapted(code))
      expect(printed.mock.calls).toEqual([
        [expect.stringContaining('invalid_client: ')],
        [expect.stringContaining('status 401')],
      ])
      expect(process.exitCode).toBe(2)
      printed.mockClear()
      vi.stubEnv('CLIENT_SECRET', machine.secret)
      const away = adapt(adapted(code), {
        "allowedOrigins: ['": `allowedOrigins: ['${new URL(ELSEWHERE).origin}', '`,
      })
      await runSnippet('client-tool-down', away.replace(/fetch\('[^']*'/, `fetch('${ELSEWHERE}'`))
      expect(printed.mock.calls).toEqual([['TypeError: fetch failed'], [expect.any(Error)]])
      expect(process.exitCode).toBe(1)
      process.exitCode = undefined
    },
    async 'With axios, got or undici: axios'(code) {
      const { url, adapted: _, calls } = await startReportsApi()
      await writeSource()
      const module = await runSnippet('client-axios', adapt(code, { [API]: url }))
      const client = module['api'] as {
        get(path: string, options?: object): Promise<{ data: unknown }>
      }
      expect((await client.get('/reports')).data).toEqual(['a report'])
      // axios sends an absolute address to the API as a path, which does not exist. With `allowAbsoluteUrls`,
      // the source rejects the origin.
      await expect(client.get(ELSEWHERE)).rejects.toThrow('404')
      expect(calls.at(-1)).toBe(`GET /${ELSEWHERE} Bearer`)
      await expect(client.get(ELSEWHERE, { allowAbsoluteUrls: true })).rejects.toThrow(
        'no token for http://127.0.0.1:9',
      )
      await expect(client.get('/away')).rejects.toThrow('302')
      expect(calls).toHaveLength(3)
    },
    async 'With axios, got or undici: got'(code) {
      const { url, calls } = await startReportsApi()
      await writeSource()
      const module = await runSnippet('client-got', adapt(code, { [API]: url }))
      const client = module['api'] as {
        get(path: string): Promise<{ body: string; statusCode: number }>
      }
      expect((await client.get('reports')).body).toBe('["a report"]')
      await expect(client.get(ELSEWHERE)).rejects.toThrow('no token for http://127.0.0.1:9')
      expect((await client.get('away')).statusCode).toBe(302)
      expect(calls).toEqual(['GET /reports Bearer', 'GET /away Bearer'])
    },
    async 'With axios, got or undici: undici'(code) {
      const { url, calls, rejectNext } = await startReportsApi()
      const source = await writeSource()
      source.invalidate()
      const before = source.counters()
      const module = await runSnippet('client-undici', adapt(code, { [API]: url }))
      const reports = module['reports'] as () => Promise<{
        statusCode: number
        body: { json(): Promise<unknown> }
      }>
      const { body } = await reports()
      expect(await body.json()).toEqual(['a report'])
      rejectNext()
      expect((await reports()).statusCode).toBe(401)
      expect(source.counters().issued - before.issued).toBe(1)
      expect(source.counters().invalidated).toBe(before.invalidated)
      clock.advance(5)
      rejectNext()
      expect((await reports()).statusCode).toBe(200)
      expect(source.counters().issued - before.issued).toBe(2)
      expect(source.counters().invalidated - before.invalidated).toBe(1)
      expect(calls).toHaveLength(4)
      const away = adapt(code, { [API]: url, "path: '/reports'": "path: '/away'" })
      const elsewhere = await runSnippet('client-undici-away', away)
      expect((await (elsewhere['reports'] as typeof reports)()).statusCode).toBe(302)
      const evil = adapt(code, { [API]: url, "path: '/reports'": `path: '${ELSEWHERE}'` })
      const stays = await runSnippet('client-undici-evil', evil)
      // The request goes to the API with the address as its path, so the token is not sent to another origin.
      expect((await (stays['reports'] as typeof reports)()).statusCode).toBe(200)
      expect(calls.at(-1)).toBe(`GET ${ELSEWHERE} Bearer`)
    },
    async 'What never to do with secrets'(code) {
      const { privateKey, jwk } = generateKey('ES256')
      const folder = mkdtempSync(join(tmpdir(), 'bearward-'))
      const file = join(folder, 'key.pem')
      writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }))
      const server = closing(
        await scriptedServer('/token', { access_token: 'a', token_type: 'bearer' }, (url) => ({
          '/.well-known/openid-configuration': { issuer: url, token_endpoint: `${url}/token` },
        })),
      )
      const adapted = adapt(code, {
        'https://auth.example.com': server.url,
        '/run/secrets/reports-cron.pem': file,
      })
      const { source } = await runSnippet('client-key', adapted)
      expect(await (source as TokenSource).getToken()).toMatchObject({ type: 'Bearer' })
      const assertion = server.asked[0]!.form.get('client_assertion')!
      await jwtVerify(assertion, jwk, { audience: server.url, issuer: 'reports-cron' })
      rmSync(folder, { recursive: true })
    },
    async Certificates(code) {
      const folder = mkdtempSync(join(tmpdir(), 'bearward-'))
      writeFileSync(join(folder, 'reports-cron.crt'), pairs.client.cert)
      writeFileSync(join(folder, 'reports-cron.key'), pairs.client.key)
      const thumbprints: string[] = []
      const server = await certifiedServer((request, response) => {
        thumbprints.push(getThumbprint(request))
        const { url } = server
        const isMetadata = request.url === '/.well-known/openid-configuration'
        response
          .writeHead(200, { 'Content-Type': 'application/json' })
          .end(
            JSON.stringify(
              isMetadata
                ? { issuer: url, token_endpoint: `${url}/token` }
                : { access_token: 'a', token_type: 'bearer' },
            ),
          )
      })
      Object.assign(globalThis, { documentationCa: pairs.server.cert })
      const adapted = adapt(code, {
        'https://auth.example.com': server.url,
        'https://api.example.com': server.url,
        '/run/secrets': folder,
        '{ cert, key }': '{ cert, key, ca: globalThis.documentationCa }',
      })
      const { source } = await runSnippet('client-certificate', adapted)
      expect((await (source as TokenSource).fetch(`${server.url}/reports`)).status).toBe(200)
      expect(thumbprints).toEqual(Array(3).fill(clientThumbprint))
      rmSync(folder, { recursive: true })
    },
    async Tests(code) {
      const token = { access_token: 'a', token_type: 'bearer', expires_in: 600 }
      const server = closing(await scriptedServer('/token', token, () => ({})))
      const module = await runSnippet(
        'client-tests',
        adapt(code, { 'http://127.0.0.1:8080': server.url }),
      )
      const source = module['source'] as TokenSource
      const pass = module['pass'] as (seconds: number) => void
      await source.getToken()
      pass(479)
      await source.getToken()
      expect(server.asked).toHaveLength(1)
      pass(121)
      await source.getToken()
      expect(server.asked).toHaveLength(2)
    },
  },
  'packages/express/README.md': {
    async '@bearward/express'(code) {
      const module = await runSnippet('express', adapt(code, { ...issuerAddress(), ...appInstead }))
      await expectReports(module['app'] as Express, '/reports')
    },
  },
  'packages/koa/README.md': {
    async '@bearward/koa'(code) {
      const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
      const module = await runSnippet('koa-package', adapted)
      await expectReports((module['app'] as Koa).callback(), '/')
    },
  },
  'packages/fastify/README.md': {
    async '@bearward/fastify'(code) {
      await expectReports(await fastifySnippet('fastify-package', code), '/reports')
    },
  },
  'packages/core/README.md': {
    async '@bearward/core'(code) {
      const adapted = adapt(code, {
        ...issuerAddress(),
        'createServer(async': 'export const httpServer = createServer(async',
        '.listen(3000)': ".listen(0, '127.0.0.1')",
      })
      const server = (await runSnippet('core', adapted))['httpServer'] as Server
      if (!server.listening) await once(server, 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const headers = { authorization: `Bearer ${await machineToken('read:reports')}` }
      expect((await fetch(url)).status).toBe(401)
      expect(await (await fetch(url, { headers })).text()).toBe('hello reports-cron')
      server.close()
      server.closeAllConnections()
    },
  },
}

const DOCUMENTS = { 'README.md': README, 'docs/subjects.md': SUBJECTS, ...PACKAGES }

it('the README.md of each package has scenarios for its snippets', () => {
  const packages = filesBelow('packages').filter((path) => /^packages\/\w+\/README\.md$/.test(path))
  expect(Object.keys(PACKAGES).sort()).toEqual(packages.sort())
})

describe.each(Object.entries(DOCUMENTS))('%s', (document, scenarios) => {
  const snippets = readSnippets(document)

  it(`the snippets of ${document} have one scenario each, in the same order`, () => {
    expect(snippets.map(({ heading }) => heading)).toEqual(Object.keys(scenarios))
  })

  it.each(snippets)('the snippet under $heading runs as documented', ({ heading, code }) =>
    scenarios[heading]!(code),
  )
})

describe('the snippets of the client', () => {
  it('the snippets in the README of the client compile in strict TypeScript', async () => {
    const named = readSnippets(CLIENT).map(
      ({ heading, code }) => [NAMES[heading] ?? heading, code] as const,
    )
    expect(await compileSnippets(Object.fromEntries(named))).toBe('')
  }, 30_000)
})

/** File names of the snippets that other snippets import, by heading. */
const NAMES: Readonly<Record<string, string>> = {
  'A service': 'reports',
  'The token itself': 'source',
}
>>>>>>> e6832b4 (docs(examples): say how the printed command signs in a user)
