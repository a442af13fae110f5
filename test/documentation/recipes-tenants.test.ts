import {
  type BearwardEvent,
  ConfigurationError,
  createBearward,
  type ResourceServerOptions,
} from '@bearward/express'
import type { Express, Request, RequestHandler } from 'express'
import express from 'express'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { DYNAMIC_ISSUER_OPTIONS } from '../../packages/core/src/options/dynamic-issuer-options.ts'
import { TOKEN_CACHE } from '../../packages/core/src/options/token-cache-option.ts'
import { read } from '../repository/files.ts'
import { closing } from '../support/closing.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { createTestIssuer, type TestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'
import { API, appInstead, describeDocument, serve } from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

const PAGE = 'docs/recipes/tenants.md'
const PREFIX = 'https://login.example.com/tenants/'
const SCOPE = { claims: { scope: 'read:reports' } }

/** Starts an authorization server with several tenants. Each tenant has its own metadata and keys. */
async function startTenants(...names: readonly string[]) {
  const issuers = new Map<string, TestIssuer>()
  const paths: string[] = []
  const { url } = closing(
    await listen((request, response) => {
      paths.push(request.url!)
      const [, name, document] = /\/tenants\/(\w+)(\/jwks)?$/.exec(request.url!) ?? []
      const tenant = issuers.get(name!)
      if (tenant === undefined) return response.writeHead(404).end()
      const metadata = { issuer: tenant.issuer, jwks_uri: `${tenant.issuer}/jwks` }
      response.setHeader('Content-Type', 'application/json')
      return response.end(JSON.stringify(document === undefined ? metadata : tenant.jwks))
    }),
  )
  for (const name of names) {
    const issuer = `${url}/tenants/${name}`
    issuers.set(name, createTestIssuer({ issuer, audience: API }))
  }
  return { url, paths, get: (name: string) => issuers.get(name)! }
}

/** Adds the keys of an issuer to its options in a snippet. */
const withKeys = (code: string, { jwks }: TestIssuer, audience = API) =>
  adapt(code, {
    [`audience: '${audience}'`]: `audience: '${audience}', jwks: ${JSON.stringify(jwks)}`,
  })

describeDocument(PAGE, {
  async 'Tenants from a database'(code) {
    const server = await startTenants('acme', 'globex')
    const replacements = { 'https://login.example.com': server.url, ...appInstead }
    const module = await runSnippet('recipes-tenants', adapt(code, replacements))
    const tenants = module['tenants'] as Map<string, object>
    const call = await serve(module['app'] as Express)
    const [acme, globex] = [server.get('acme'), server.get('globex')]
    const granted = (tenant: string) => ({
      status: 200,
      body: `{"tenant":"${tenant}","reportsFor":"reports-cron"}`,
    })

    expect(await call('GET', '/reports', acme.token(SCOPE))).toEqual(granted('acme'))
    expect((await call('GET', '/reports', acme.token())).status).toBe(403)
    // The tenant globex is on the same server, but not in the list. Its keys are not fetched.
    expect((await call('GET', '/reports', globex.token(SCOPE))).status).toBe(401)
    expect(server.paths.filter((path) => path.includes('globex'))).toEqual([])
    // The tenant globex signs a token whose `iss` is the issuer of acme.
    const forged = globex.token({ claims: { ...SCOPE.claims, iss: acme.issuer } })
    expect((await call('GET', '/reports', forged)).status).toBe(401)

    tenants.set(globex.issuer, { id: 'globex', issuer: globex.issuer })
    // The API remembers for 30 s that globex is not a tenant.
    expect((await call('GET', '/reports', globex.token(SCOPE))).status).toBe(401)
    tenants.delete(acme.issuer)
    expect((await call('GET', '/reports', acme.token(SCOPE))).status).toBe(403)
  },

  async 'Separate the data of tenants'(code) {
    const server = await startTenants('acme', 'globex')
    const replacements = { 'https://login.example.com': server.url, ...appInstead }
    const module = await runSnippet('recipes-tenants-path', adapt(code, replacements))
    const call = await serve(module['app'] as Express)
    const [acme, globex] = [server.get('acme').token(SCOPE), server.get('globex').token(SCOPE)]
    const own = { status: 200, body: '{"tenant":"acme"}' }
    expect(await call('GET', '/tenants/acme/reports', acme)).toEqual(own)
    expect((await call('GET', '/tenants/globex/reports', globex)).status).toBe(200)
    expect((await call('GET', '/tenants/globex/reports', acme)).status).toBe(403)
    expect((await call('GET', '/tenants/acme/reports', globex)).status).toBe(403)
  },

  async 'Apply a change at once'(code) {
    const server = await startTenants('acme', 'globex')
    const replacements = { 'https://login.example.com': server.url, ...appInstead }
    const module = await runSnippet('recipes-tenants-forget', adapt(code, replacements))
    const change = module as Record<'addTenant' | 'removeTenant', (issuer: string) => void>
    const call = await serve(module['app'] as Express)
    const [acme, globex] = [server.get('acme'), server.get('globex')]
    const getStatus = async (token: string) => (await call('GET', '/reports', token)).status

    const cached = acme.token(SCOPE)
    for (let i = 0; i < 3; i++) expect(await getStatus(cached)).toBe(200)
    change.removeTenant(acme.issuer)
    expect(await getStatus(cached)).toBe(401)
    expect(await getStatus(acme.token(SCOPE))).toBe(401)
    expect(await getStatus(globex.token(SCOPE))).toBe(401)
    change.addTenant(globex.issuer)
    expect(await getStatus(globex.token(SCOPE))).toBe(200)
    change.addTenant(acme.issuer)
    expect(await getStatus(cached)).toBe(200)
  },

  async 'Refuse a removed tenant in all processes at once'(code) {
    const acme = createTestIssuer({ issuer: `${PREFIX}acme`, audience: API })
    const adapted = adapt(withKeys(code, acme), appInstead)
    const module = await runSnippet('recipes-tenants-removed', adapted)
    const call = await serve(module['app'] as Express)
    const token = acme.token(SCOPE)
    for (let i = 0; i < 3; i++) expect((await call('GET', '/reports', token)).status).toBe(200)
    const removeTenant = module['removeTenant'] as (issuer: string) => void
    removeTenant(acme.issuer)
    expect((await call('GET', '/reports', token)).status).toBe(401)
  },

  async 'Cancel slow calls'(code) {
    const acme = createTestIssuer({ issuer: `${PREFIX}acme`, audience: API })
    let reply: object | number | undefined = { tenant: { issuer: acme.issuer } }
    const cancelled: string[] = []
    const { url } = closing(
      await listen((request, response) => {
        const issuer = new URL(request.url!, 'http://localhost').searchParams.get('issuer')!
        response.on('close', () => response.writableEnded || cancelled.push(issuer))
        if (typeof reply === 'number') response.writeHead(reply).end()
        else if (reply !== undefined) response.end(JSON.stringify(reply))
      }),
    )
    const adapted = adapt(withKeys(code, acme), {
      'https://tenants.example.com': url,
      '  issuers: {': '  fetchTimeout: 0.5, logger: false, issuers: {',
    })
    const module = await runSnippet('recipes-tenants-signal', adapted)
    const guard = (module['requireToken'] as () => RequestHandler)()
    const call = await serve(express().get('/', guard, (_request, response) => void response.end()))
    const getStatus = async (name: string) =>
      (await call('GET', '/', acme.token({ claims: { iss: PREFIX + name } }))).status

    expect(await getStatus('acme')).toBe(200)
    reply = { tenant: null }
    expect(await getStatus('unknown')).toBe(401)
    reply = 500
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(await getStatus('broken')).toBe(503)
    expect(error.mock.calls.flat().join()).toContain('The tenant service returned 500')
    expect(cancelled).toEqual([])
    reply = undefined
    expect(await getStatus('slow')).toBe(503)
    await vi.waitFor(() => expect(cancelled).toEqual([`${PREFIX}slow`]))
  },

  async 'Tenants of Microsoft Entra ID'(code) {
    const audience = '00000000-0000-0000-0000-000000000000'
    const toIssuer = (tid: string) => `https://login.microsoftonline.com/${tid}/v2.0`
    const TENANTS = [1, 2].map((n) => `00000000-0000-0000-0000-00000000000${n}`)
    const entra = createTestIssuer({ audience })
    const module = await runSnippet('recipes-tenants-entra', withKeys(code, entra, audience))
    const trusted = module['trusted'] as Set<string>
    const guard = (module['requireToken'] as (requirements: object) => RequestHandler)({
      subject: 'machine',
    })
    const call = await serve(express().get('/', guard, (_request, response) => void response.end()))
    const getStatus = async (tid: string) => {
      const claims = { iss: toIssuer(tid), tid, client_id: undefined, azp: 'a', idtyp: 'app' }
      return (await call('GET', '/', entra.token({ claims }))).status
    }
    expect(await getStatus(TENANTS[0]!)).toBe(200)
    trusted.add(toIssuer(TENANTS[1]!))
    expect(await getStatus(TENANTS[1]!)).toBe(200)
    expect(await getStatus('00000000-0000-0000-0000-000000000003')).toBe(401)
  },

  async 'Tenants and other issuers together'(code) {
    const staff = createTestIssuer({
      issuer: 'https://login.example.com/realms/staff',
      audience: 'reports-api',
    })
    const acme = createTestIssuer({ issuer: `${PREFIX}acme`, audience: API })
    const adapted = adapt(withKeys(withKeys(code, acme), staff, 'reports-api'), appInstead)
    const call = await serve(
      (await runSnippet('recipes-tenants-static', adapted))['app'] as Express,
    )
    const ofStaff = staff.token({ claims: { client_id: undefined, azp: 'console' } })
    expect((await call('GET', '/reports', acme.token())).status).toBe(200)
    expect((await call('GET', '/reports', ofStaff)).status).toBe(200)
    expect((await call('DELETE', '/reports/1', acme.token())).status).toBe(403)
    expect((await call('DELETE', '/reports/1', ofStaff)).status).toBe(204)
  },
})

/** Starts a route for tenants. The test controls the clock of the route. */
async function startRoute(
  issuers: Partial<Extract<ResourceServerOptions['issuers'], { match: unknown }>>,
  requirements: object = {},
) {
  const clock = fakeClock(Math.floor(Date.now() / 1000))
  const acme = createTestIssuer({
    issuer: `${PREFIX}acme`,
    audience: API,
    now: () => clock.seconds(),
    lifetime: 100_000,
  })
  const events: BearwardEvent[] = []
  const bearward = createBearward({
    issuers: {
      match: (iss) => iss.startsWith(PREFIX),
      resolve: (issuer) => ({ issuer, audience: API, jwks: acme.jwks }),
      ...issuers,
    },
    clock,
    onEvent: (event) => events.push(event),
  } as ResourceServerOptions<Request>)
  const guard = bearward.requireToken(requirements)
  const { url } = closing(
    await listen(express().get('/', guard, (_request, response) => void response.end())),
  )
  /** Sends a token. Returns the status, the reason and `Retry-After`. */
  const send = async (claims: object = {}) => {
    const authorization = `Bearer ${acme.token({ claims: { ...claims } })}`
    const response = await fetch(url, { headers: { authorization } })
    const last = events.at(-1)
    const reason = last?.type === 'refused' ? ` ${last.reason}` : ''
    const after = response.headers.get('retry-after')
    return `${response.status}${reason}${after === null ? '' : ` after ${after}`}`
  }
  return { ...bearward, acme, clock, send, events }
}

describe(PAGE, () => {
  it('every wrong match function in docs/recipes/tenants.md accepts the URL in its row, and the correct function accepts none of these URLs', () => {
    const rows = [...read(PAGE).matchAll(/^\| `match: (.*)` \| it accepts `(.*)` \|$/gm)]
    expect(rows).toHaveLength(3)
    for (const [, match, url] of rows) {
      // oxlint-disable-next-line no-eval -- the function stands in the documentation
      const call = (0, eval)(match!) as (iss: string) => boolean
      expect([match, call(url!), new URL(url!).href.startsWith(url!)]).toEqual([match, true, true])
    }
    const pattern = /`\(iss\) => \/(\^https:.*\$)\/\.test\(iss\)`/.exec(read(PAGE))![1]!
    const test = (url: string) => new RegExp(pattern).test(url)
    expect(test('https://acme.example.com/')).toBe(true)
    for (const [, , url] of rows) expect(test(url!)).toBe(false)
  })

  it('a guard responds with 503 if resolve returns another issuer, the tokenFormat "any" or no audience, and with 401 if iss is not in its normal form', async () => {
    for (const options of [
      { issuer: `${PREFIX}other`, audience: API },
      { issuer: `${PREFIX}acme`, audience: API, tokenFormat: 'any' },
      { issuer: `${PREFIX}acme` },
    ]) {
      const { send } = await startRoute({ resolve: () => options as never })
      expect(await send()).toBe('503 issuer_unavailable after 1')
    }
    const { send } = await startRoute({ match: () => true })
    expect(await send()).toBe('200')
    for (const iss of [
      'https://LOGIN.example.com/tenants/acme',
      'https://login.example.com:443/tenants/acme',
      `${PREFIX}../tenants/acme`,
      `${PREFIX}acme?a`,
      'https://user@login.example.com/tenants/acme',
    ])
      expect([iss, await send({ iss })]).toEqual([iss, '401 unknown_issuer'])
  })

  it('a guard accepts a tenant until ttl has passed if resolve fails, then responds with 503, and accepts the tenant again 8 s after the outage', async () => {
    let isDown = false
    const { acme, clock, send, status, ready } = await startRoute({
      async resolve(issuer) {
        if (isDown) throw new Error('the database is down')
        return { issuer, audience: API, jwks: acme.jwks }
      },
    })
    expect(await send()).toBe('200')
    isDown = true
    clock.advance(299)
    expect(await send()).toBe('200')
    clock.advance(1)
    // The call at 299 s has failed, and its pause of 1 s has ended. This request causes another call, so the pause doubles.
    expect(await send()).toBe('503 issuer_unavailable after 2')
    for (const [passed, after] of [
      [2, 4],
      [4, 8],
      [8, 8],
    ]) {
      clock.advance(passed!)
      expect(await send()).toBe(`503 issuer_unavailable after ${after}`)
    }
    isDown = false
    expect(await send()).toBe('503 issuer_unavailable after 8')
    clock.advance(8)
    expect(await send()).toBe('200')
    expect(status().issuers).toEqual([])
    await ready()
  })

  it('a guard refuses a removed tenant after ttl, and accepts an added tenant after negativeTtl', async () => {
    let isTenant = true
    const calls: string[] = []
    const { acme, clock, send } = await startRoute({
      resolve(issuer) {
        calls.push(issuer)
        return isTenant ? { issuer, audience: API, jwks: acme.jwks } : undefined
      },
    })
    expect(await send()).toBe('200')
    isTenant = false
    clock.advance(239)
    expect(await send()).toBe('200')
    expect(calls).toHaveLength(1)
    clock.advance(1)
    // This request starts a call of resolve, and does not wait for the result of the call.
    expect(await send()).toBe('200')
    expect(await send()).toBe('401 unknown_issuer')
    expect(calls).toHaveLength(2)
    isTenant = true
    clock.advance(29)
    expect(await send()).toBe('401 unknown_issuer')
    clock.advance(1)
    expect(await send()).toBe('200')
    expect(calls).toHaveLength(3)
  })

  it("a guard accepts a tenant with tokenFormat: 'jwt', and an empty list in static is allowed", async () => {
    const { acme, send } = await startRoute({
      static: [],
      resolve: (issuer) => ({ issuer, audience: API, jwks: acme.jwks, tokenFormat: 'jwt' }),
    })
    expect(await send()).toBe('200')
  })

  it('the first token after forgetIssuer is verified with the changed options of its tenant, and a distrusted key stays distrusted', async () => {
    let audience = API
    const { acme, send, forgetIssuer, distrustKey } = await startRoute({
      resolve: (issuer) => ({ issuer, audience, jwks: acme.jwks }),
    })
    expect(await send()).toBe('200')
    audience = 'https://new.example.com'
    expect(await send()).toBe('200')
    forgetIssuer(acme.issuer)
    expect(await send()).toBe('401 wrong_audience')
    expect(await send({ aud: audience })).toBe('200')
    const thumbprint = await calculateJwkThumbprint(acme.jwks.keys[0]!)
    distrustKey({ issuer: acme.issuer, thumbprint })
    forgetIssuer(acme.issuer)
    expect(await send({ aud: audience })).toBe('401 unknown_key')
  })

  it('forgetIssuer repeats a running call of resolve, and a tenant gets 503 if resolve fails after forgetIssuer', async () => {
    const calls: ((isTenant: boolean) => void)[] = []
    let isDown = false
    const { acme, send, forgetIssuer } = await startRoute({
      async resolve(issuer) {
        if (isDown) throw new Error('the database is down')
        const isTenant = await new Promise<boolean>((done) => calls.push(done))
        return isTenant ? { issuer, audience: API, jwks: acme.jwks } : undefined
      },
    })
    const sent = send()
    await vi.waitFor(() => expect(calls).toHaveLength(1))
    forgetIssuer(acme.issuer)
    calls[0]!(false)
    await vi.waitFor(() => expect(calls).toHaveLength(2))
    calls[1]!(true)
    expect(await sent).toBe('200')
    isDown = true
    expect(await send()).toBe('200')
    forgetIssuer(acme.issuer)
    expect(await send()).toBe('503 issuer_unavailable after 1')
  })

  it('forgetIssuer throws for an issuer in static, throws if no issuer is dynamic, and accepts a tenant that is not cached', async () => {
    const staff = { issuer: 'https://login.example.com/realms/staff', audience: API }
    const { acme, forgetIssuer } = await startRoute({ static: [staff] })
    forgetIssuer(acme.issuer)
    expect(() => forgetIssuer(staff.issuer)).toThrow(ConfigurationError)
    const withoutFunctions = createBearward({ ...staff, logger: false })
    expect(() => withoutFunctions.forgetIssuer(acme.issuer)).toThrow(ConfigurationError)
    withoutFunctions.close()
  })

  it('a guard responds with 403 for mistakes in the options of a tenant, because these mistakes are unknown at startup', async () => {
    const { send: introspect } = await startRoute({}, { introspect: true })
    expect(await introspect()).toBe('403 wrong_issuer')
    const { send: subject } = await startRoute({}, { subject: 'user' })
    expect(await subject()).toBe('403 wrong_subject')
    const { acme, send } = await startRoute({
      resolve: (issuer) => ({
        issuer,
        audience: API,
        jwks: acme.jwks,
        provider: 'github-actions',
      }),
    })
    const claims = { client_id: undefined, repository: 'a/b', repository_id: '1', scope: undefined }
    expect(await send(claims)).toBe('403 wrong_issuer')
    const { requireToken } = await startRoute({ match: () => false })
    expect(() => requireToken({ issuer: acme.issuer })).toThrow(
      'an issuer that the function match accepts',
    )
    expect(() => requireToken({ clients: ['importer'] })).toThrow('must name the issuer')
    const failing = await startRoute({
      match() {
        throw new Error('not loaded')
      },
    })
    for (const requirements of [
      { issuer: acme.issuer },
      { clients: [{ issuer: acme.issuer, clientId: 'importer' }] },
    ])
      expect(() => failing.requireToken(requirements)).not.toThrow()
  })

  it('docs/recipes/tenants.md has the numbers of the code', () => {
    const text = read(PAGE).replaceAll(/\s+/g, ' ')
    const { newPerSecond, waiting, pause, unprovedPart, tokenPart, cachedResponses } =
      LIMITS.dynamicIssuers
    const { ttl, negativeTtl, concurrency, maxEntries } = DYNAMIC_ISSUER_OPTIONS
    expect([unprovedPart, tokenPart, concurrency.default, maxEntries.default]).toEqual([
      0.25, 0.1, 8, 1000,
    ])
    const reserved = Math.ceil(Number(concurrency.default) / 4)
    for (const part of [
      'At most six of these lookups run at the same time (three quarters of `concurrency`)',
      `at most \`concurrency\` (${String(concurrency.default)}) at the same time. A quarter of them (${reserved})`,
      `the cache holds ${String(maxEntries.default)} tenants in use, and ${Number(maxEntries.default) * unprovedPart} more issuers`,
      `After that, ${newPerSecond} per second can be added for each 1000 of \`maxEntries\``,
      `Up to ${waiting} calls of each kind wait`,
      `then at most ${pause} s`,
      `after at most ${String(ttl.default)} s (\`ttl\`)`,
      `after at most ${String(negativeTtl.default)} s (\`negativeTtl\`)`,
      `(${Number(ttl.default) * 0.8} s)`,
      `at most ${cachedResponses.active} cached active responses`,
      `at most ${cachedResponses.activeBytes / 1024} KiB`,
      `${TOKEN_CACHE.maxEntries * tokenPart} tokens and ${((TOKEN_CACHE.maxBytes / 1_048_576) * tokenPart).toFixed(1)} MiB`,
    ])
      expect(text).toContain(part)
  })
})
