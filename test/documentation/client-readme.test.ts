import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TokenSource } from '@bearward/client'
import { createBearward } from '@bearward/express'
import { jwtVerify } from 'jose'
import { expect, it, vi } from 'vitest'
import type { Express } from 'express'
import express from 'express'
import { certifiedServer, clientThumbprint, getThumbprint, pairs } from '../support/certified.ts'
import { closing } from '../support/closing.ts'
import { verifyProof } from '../support/proofs.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { generateKey } from '../support/keys.ts'
import { scriptedServer } from '../support/scripted-server.ts'
import { listen } from '../support/servers.ts'
import { adapt, compileSnippets, readSnippets, runSnippet } from './snippets.ts'
import {
  API,
  machine,
  authorizationServer,
  useAuthorizationServer,
  serve,
  issuerAddress,
  describeDocument,
  type Scenario,
} from './fixture.ts'

useAuthorizationServer()

/** API that the snippets in the README of the client call. */
interface ReportsApi {
  readonly url: string
  /** Method, path and scheme of each request, for example `GET /reports Bearer`. */
  readonly calls: string[]
  /** Returns a snippet with the addresses of this API and of the authorization server. */
  readonly adapted: (code: string, more?: Record<string, string>) => string
  /** Refuses the next request with `invalid_token`, which is the response to a revoked token. */
  readonly refuseNext: () => void
}

/** Starts the API, and sets the environment variables of the client. */
async function startReportsApi(): Promise<ReportsApi> {
  const { requireToken } = createBearward({ issuer: authorizationServer.issuer, audience: API })
  const calls: string[] = []
  let refusesNext = false
  const reports = express()
  reports.use(({ method, url, headers }, response, next) => {
    calls.push(`${method} ${url} ${headers.authorization?.split(' ')[0]}`)
    if (!refusesNext) return next()
    refusesNext = false
    response.set('WWW-Authenticate', 'Bearer error="invalid_token"').status(401).json('refused')
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
    refuseNext: () => void (refusesNext = true),
  }
}

/** Starts an API that requires proofs with a nonce. Records the scheme of each request, and the method and nonce in its proof. */
async function startProofApi() {
  const calls: string[] = []
  const server = closing(
    await listen(async ({ headers }, response) => {
      const { claims } = await verifyProof(headers['dpop'])
      const { htm, nonce = 'without a nonce' } = claims as Record<string, string>
      calls.push(`${headers.authorization?.split(' ')[0]} ${htm} ${nonce}`)
      if (nonce === 'a-nonce') return response.end('["a report"]')
      const challenge = 'DPoP error="use_dpop_nonce"'
      return response
        .writeHead(401, { 'WWW-Authenticate': challenge, 'DPoP-Nonce': 'a-nonce' })
        .end()
    }),
  )
  return { url: server.url, calls }
}

const CLIENT = 'packages/client/README.md'

/**
 * Writes the module `source`, which other snippets of the README import, to the file `name`. Its token source uses the clock of
 * the test, and may call the API at `url`. Returns the token source, and the replacement that makes a snippet import the file.
 */
async function writeSource(name: string, url: string, more = '') {
  const { code } = readSnippets(CLIENT).find(
    ({ heading }) => heading === 'Using the token directly',
  )!
  const instead = {
    ...issuerAddress(),
    '  scope:': `  ${more} clock: globalThis.documentationClock, allowedOrigins: ['${url}'], scope:`,
  }
  const source = (await runSnippet(name, adapt(code, instead)))['source'] as TokenSource
  return { source, imported: { "'./source.mjs'": `'./${name}.mjs'` } }
}

/** Clock of the test and of the snippets that import `source`. */
const clock = fakeClock(Math.floor(Date.now() / 1000))
Object.assign(globalThis, { documentationClock: clock })

/** Address on an origin that the token source does not allow. */
const ELSEWHERE = 'http://127.0.0.1:9/reports'

/** Scenarios for the snippets in the README of the client. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  async 'A service'(code) {
    const { adapted } = await startReportsApi()
    const module = await runSnippet('reports', adapted(code))
    expect(await (module['reports'] as () => Promise<unknown>)()).toEqual(['a report'])
    vi.stubEnv('CLIENT_SECRET', undefined)
    await expect(runSnippet('reports-unset', adapted(code))).rejects.toThrow(
      'clientAuthentication.secret is missing or empty',
    )
  },
  async 'A service: Express'(code) {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const module = await runSnippet('client-express', code)
    const call = await serve(module['app'] as Express)
    // The snippet under "A service" calls an API that is closed now, so the error is not a TokenError.
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
  async 'Using the token directly'(code) {
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
    const { imported } = await writeSource('source-axios', url)
    const module = await runSnippet('client-axios', adapt(code, { [API]: url, ...imported }))
    const client = module['api'] as {
      get(path: string, options?: object): Promise<{ data: unknown }>
    }
    expect((await client.get('/reports')).data).toEqual(['a report'])
    // axios appends an absolute address to the address of the API, and this path does not exist.
    // With `allowAbsoluteUrls`, the source rejects the origin.
    await expect(client.get(ELSEWHERE)).rejects.toThrow('404')
    expect(calls.at(-1)).toBe(`GET /${ELSEWHERE} Bearer`)
    await expect(client.get(ELSEWHERE, { allowAbsoluteUrls: true })).rejects.toThrow(
      'origin_not_allowed',
    )
    await expect(client.get('/away')).rejects.toThrow('302')
    expect(calls).toHaveLength(3)
  },
  async 'With axios, got or undici: got'(code) {
    const { url, calls } = await startReportsApi()
    const { imported } = await writeSource('source-got', url)
    const module = await runSnippet('client-got', adapt(code, { [API]: url, ...imported }))
    const client = module['api'] as {
      get(path: string): Promise<{ body: string; statusCode: number }>
    }
    expect((await client.get('reports')).body).toBe('["a report"]')
    await expect(client.get(ELSEWHERE)).rejects.toThrow('origin_not_allowed')
    expect((await client.get('away')).statusCode).toBe(302)
    expect(calls).toEqual(['GET /reports Bearer', 'GET /away Bearer'])
  },
  async 'With axios, got or undici: undici'(code) {
    const { url, calls, refuseNext } = await startReportsApi()
    const { source, imported } = await writeSource('source-undici', url)
    const before = source.counters()
    const module = await runSnippet('client-undici', adapt(code, { [API]: url, ...imported }))
    const reports = module['reports'] as () => Promise<{
      statusCode: number
      body: { json(): Promise<unknown> }
    }>
    const { body } = await reports()
    expect(await body.json()).toEqual(['a report'])
    refuseNext()
    expect((await reports()).statusCode).toBe(401)
    expect(source.counters().issued - before.issued).toBe(1)
    expect(source.counters().invalidated).toBe(before.invalidated)
    clock.advance(5)
    refuseNext()
    expect((await reports()).statusCode).toBe(200)
    expect(source.counters().issued - before.issued).toBe(2)
    expect(source.counters().invalidated - before.invalidated).toBe(1)
    expect(calls).toHaveLength(4)
    const away = adapt(code, { [API]: url, ...imported, "path: '/reports'": "path: '/away'" })
    const elsewhere = await runSnippet('client-undici-away', away)
    expect((await (elsewhere['reports'] as typeof reports)()).statusCode).toBe(302)
    const evil = adapt(code, {
      [API]: url,
      ...imported,
      "path: '/reports'": `path: '${ELSEWHERE}'`,
    })
    const stays = await runSnippet('client-undici-evil', evil)
    // The request goes to the API with the address as its path, so the token is not sent to another origin.
    expect((await (stays['reports'] as typeof reports)()).statusCode).toBe(200)
    expect(calls.at(-1)).toBe(`GET ${ELSEWHERE} Bearer`)
  },
  async 'Handling secrets'(code) {
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
    const assertion = server.requests[0]!.form.get('client_assertion')!
    await jwtVerify(assertion, jwk, { audience: server.url, issuer: 'reports-cron' })
    rmSync(folder, { recursive: true })
  },
  async DPoP(code) {
    const api = await startProofApi()
    vi.stubEnv('CLIENT_SECRET', machine.secret)
    const instead = { [`${API}/reports`]: `${api.url}/reports` }
    const allowed = {
      [`resource: '${API}',`]: `resource: '${API}', allowedOrigins: ['${api.url}'],`,
    }
    const module = await runSnippet(
      'client-dpop',
      adapt(code, { ...issuerAddress(), ...instead, ...allowed }),
    )
    expect(await (module['reports'] as () => Promise<unknown>)()).toEqual(['a report'])
    expect(api.calls).toEqual(['DPoP GET without a nonce', 'DPoP GET a-nonce'])
  },
  async 'DPoP with another HTTP client'(code) {
    const api = await startProofApi()
    vi.stubEnv('CLIENT_SECRET', machine.secret)
    const { imported } = await writeSource('source-dpop', api.url, 'dpop: true,')
    const module = await runSnippet('client-dpop-own', adapt(code, { [API]: api.url, ...imported }))
    const response = await (module['reports'] as () => Promise<Response>)()
    expect(await response.json()).toEqual(['a report'])
    expect(api.calls).toEqual(['DPoP GET without a nonce', 'DPoP GET a-nonce'])
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
    expect(server.requests).toHaveLength(1)
    pass(121)
    await source.getToken()
    expect(server.requests).toHaveLength(2)
  },
}

describeDocument(CLIENT, SCENARIOS)

/** File names of the snippets that other snippets import, by heading. */
const NAMES: Readonly<Record<string, string>> = {
  'A service': 'reports',
  'Using the token directly': 'source',
}

it('the snippets in the README of the client compile in strict TypeScript', async () => {
  const named = readSnippets(CLIENT).map(
    ({ heading, code }) => [NAMES[heading] ?? heading, code] as const,
  )
  expect(await compileSnippets('client-types', Object.fromEntries(named))).toBe('')
}, 30_000)
