import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { boundTo, createProof, generateProofKey } from '../support/proofs.ts'
import { bearerLine } from '../support/requests.ts'
import { listen } from '../support/servers.ts'
import {
  API,
  authorizationServer,
  describeDocument,
  expectReportsAt,
  machineToken,
  type Scenario,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, readSnippets } from './snippets.ts'
import { startSnippetAsWorker } from './workers.ts'

const PAGE = 'docs/cloudflare-workers.md'

useAuthorizationServer()

/** Returns a scenario that runs a snippet in workerd. */
const runWorker =
  (name: string): Scenario =>
  async (code) => {
    const { url, output } = closing(await startSnippetAsWorker(name, code))
    await expectReportsAt(`${url}/reports`)
    expect(output()).toContain('[bearward] refused 401 no_credentials')
  }

describeDocument(PAGE, {
  'Cloudflare Workers': runWorker('workers'),

  async 'Arguments of fetch'(code) {
    const received: string[] = []
    const log = closing(
      await listen(async (request, response) => {
        received.push(await text(request))
        response.end()
      }),
    )
    const worker = await startSnippetAsWorker('workers-ctx.mts', code, { AUDIT_LOG: log.url })
    const { url } = closing(worker)
    await expectReportsAt(`${url}/reports`)
    await vi.waitFor(() => expect(received).toEqual([`reports-cron ${url}/reports`]))
  },

  Configuration: runWorker('workers-env'),
  Hono: runWorker('workers-hono'),
  async 'Public routes, CORS and metadata'(code) {
    const { url } = closing(await startSnippetAsWorker('workers-complete', code))
    await expectReportsAt(`${url}/reports`)
    const get = (path: string, init?: RequestInit) => fetch(url + path, init)
    expect(await (await get('/healthz')).text()).toBe('ok')
    expect((await get('/other')).status).toBe(404)
    const found = await get('/.well-known/oauth-protected-resource')
    expect(await found.json()).toMatchObject({
      resource: API,
      authorization_servers: [authorizationServer.issuer],
    })
    const origin = 'https://app.example.com'
    const preflight = { origin, 'access-control-request-method': 'GET' }
    const answer = await get('/reports', { method: 'OPTIONS', headers: preflight })
    expect(answer.status).toBe(204)
    const refused = await get('/reports', { headers: { origin } })
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin)
    expect(refused.headers.get('www-authenticate')).toContain(
      `resource_metadata="${API}/.well-known/oauth-protected-resource"`,
    )
  },

  Classes: runWorker('workers-class'),

  async 'Tokens bound to a key'(code) {
    const issuer = createTestIssuer({ issuer: 'https://auth.example.com', audience: API })
    const key = generateProofKey()
    const token = issuer.token({ claims: { scope: 'read:reports', ...boundTo(key) } })
    const now = Math.floor(Date.now() / 1000)
    const proof = createProof({ key, token, url: `${API}/reports`, now })
    const keys = `issuer: '${issuer.issuer}', jwks: ${JSON.stringify(issuer.jwks)}`
    const objects = { USED_PROOFS: 'UsedProofs' }
    const start = (name: string, changed: Readonly<Record<string, string>>) =>
      startSnippetAsWorker(name, adapt(code, changed), {}, objects)
    const worker = closing(await start('workers-dpop', { 'issuer: env.ISSUER': keys }))
    const headers = { authorization: `DPoP ${token}`, dpop: proof }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => fetch(`${worker.url}/reports`, { headers })),
    )
    const granted = answers.filter(({ status }) => status === 200)
    expect(await Promise.all(granted.map((answer) => answer.json()))).toEqual([
      { provedBy: ['dpop'] },
    ])
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19)

    const checker = closing(
      await start('workers-dpop-store', {
        'import { DurableObject': `import { checkReplayStore } from '@bearward/core/check-replay-store'
import { DurableObject`,
        'export default {': `export default {
  check: async () => { await checkReplayStore(replay); return new Response('checked') },`,
        'fetch: protect': 'fetch() { return this.check() },\n  reports: protect',
      }),
    )
    expect(await (await fetch(checker.url)).text()).toBe('checked')
  },

  'Size of the bundle': runWorker('workers-small'),
})

describe(PAGE, () => {
  const first = readSnippets(PAGE)[0]!.code

  it('a Worker refuses two Authorization lines with 400 or 401', async () => {
    const { port } = closing(await startSnippetAsWorker('workers-lines', first))
    const line = bearerLine(await machineToken('read:reports'))
    const socket = connect(port, '127.0.0.1')
    socket.end(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${line}\r\n${line}\r\n\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 40[01]/)
  })

  it('a Worker with a mistake in the options, or with ready() at module scope, does not start', async () => {
    const wrong = adapt(first, { 'issuer: env.ISSUER': 'isuer: env.ISSUER' })
    await expect(startSnippetAsWorker('workers-wrong', wrong)).rejects.toThrow(
      'isuer is not an option. Did you mean issuer?',
    )
    const eager = adapt(first, {
      '{ protect } =': '{ protect, ready } =',
      'export default': 'await ready()\nexport default',
    })
    await expect(startSnippetAsWorker('workers-ready', eager)).rejects.toThrow(
      'within global scope',
    )
  })
})
