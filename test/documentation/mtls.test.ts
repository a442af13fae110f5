import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBearward } from '@bearward/express'
import type { RequestHandler } from 'express'
import express from 'express'
import { describe, expect, it, vi } from 'vitest'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { read } from '../repository/files.ts'
import { clientThumbprint, pairs } from '../support/certified.ts'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { createTlsServer, getByTls } from '../support/mutual-tls.ts'
import { listen } from '../support/servers.ts'
import { API, describeDocument, type Scenario } from './fixture.ts'
import { readTable } from './read-table.ts'
import { adapt, runSnippet } from './snippets.ts'

const PAGE = 'docs/mtls.md'
const issuer = createTestIssuer({ issuer: 'https://auth.example.com', audience: API })
const audience = `audience: '${API}',`
const ownKeys = { [audience]: `${audience} jwks: ${JSON.stringify(issuer.jwks)}, logger: false,` }
const claims = { scope: 'read:reports' }
const unbound = issuer.token({ claims })
const bound = issuer.token({ claims: { ...claims, cnf: { 'x5t#S256': clientThumbprint } } })
const client = new X509Certificate(pairs.client.cert)
const other = new X509Certificate(pairs.other.cert)

/** Creates an Express app with the guard that a snippet exports. Returns the guard and the app. */
async function startWith(name: string, code: string) {
  const module = await runSnippet(name, adapt(code, ownKeys))
  const guard = (module['requireToken'] as () => RequestHandler)()
  return { guard, app: express().use(guard, (_request, response) => void response.end()) }
}

const MTLS: Readonly<Record<string, Scenario>> = {
  async 'Certificate-bound tokens (mTLS)'(code) {
    const folder = mkdtempSync(join(tmpdir(), 'bearward-'))
    closing({ close: () => rmSync(folder, { recursive: true }) })
    writeFileSync(join(folder, 'key.pem'), pairs.server.key)
    writeFileSync(join(folder, 'cert.pem'), pairs.server.cert)
    const adapted = adapt(code, {
      ...ownKeys,
      '/etc/reports': folder,
      'createServer(tls, app).listen(3000)': 'export const server = createServer(tls, app)',
    })
    const { server } = await runSnippet('mtls', adapted)
    const { port } = closing(await listen(server as Server as never))
    const get = (token: string, options?: object) =>
      getByTls(port, token, { path: '/reports', ...options })
    expect(await get(bound, pairs.client)).toEqual({
      status: 200,
      body: '{"reportsFor":"reports-cron"}',
    })
    expect((await get(bound, pairs.other)).status).toBe(401)
    expect((await get(bound)).status).toBe(401)
    expect((await get(unbound)).status).toBe(200)
  },

  async 'Bound tokens only'(code) {
    const { app } = await startWith('mtls-required', code)
    const { port } = closing(await listen(createTlsServer()({ maxHeaderSize: 16_384 }, app)))
    expect((await getByTls(port, bound, pairs.client)).status).toBe(200)
    const refused = await getByTls(port, unbound, pairs.client)
    expect([refused.status, refused.body]).toEqual([401, expect.stringContaining('not bound')])
  },

  async 'Behind a proxy'(code) {
    const inside = code.replace('10.0.3.0/24', '127.0.0.0/8')
    const get = async (name: string, text: string) => {
      const { url } = closing(await listen((await startWith(name, text)).app))
      const headers = {
        authorization: `Bearer ${bound}`,
        'client-cert': `:${client.raw.toString('base64')}:`,
      }
      return (await fetch(url, { headers })).status
    }
    expect(await get('mtls-proxy', inside)).toBe(200)
    expect(await get('mtls-proxy-outside', code)).toBe(401)
  },

  async 'A function'(code) {
    const { protect } = await runSnippet('mtls-function', adapt(code, ownKeys))
    const handle = (protect as (requirements: object, handler: () => Response) => typeof fetch)(
      {},
      () => new Response('in'),
    )
    const get = async (headers: object) => {
      const all = { authorization: `Bearer ${bound}`, ...headers }
      return (await handle(new Request('https://api.example.com/', { headers: all }))).status
    }
    const toHeader = (certificate: X509Certificate) => ({
      'x-ssl-client-cert': encodeURIComponent(certificate.toString()),
    })
    expect(await get(toHeader(client))).toBe(200)
    expect(await get(toHeader(other))).toBe(401)
    expect(await get({})).toBe(401)
  },
}

describeDocument(PAGE, MTLS)

describe(PAGE, () => {
  const text = read(PAGE)

  it('docs/mtls.md lists each value of the option format, and no other value', () => {
    const formats = readTable(PAGE, 'format').map(([format]) => format)
    expect(formats).toEqual(["'rfc9440'", "'pem-urlencoded'", "'xfcc'"])
    expect(text).toContain(`up to ${LIMITS.certificateHeader} characters`)
  })

  it.each([
    ['nginx', 'X-SSL-Client-Cert', 'pem-urlencoded', encodeURIComponent(client.toString())],
    ['HAProxy', 'Client-Cert', 'rfc9440', `:${client.raw.toString('base64')}:`],
    [
      'Envoy',
      'x-forwarded-client-cert',
      'xfcc',
      `By=spiffe://a;Hash=${client.fingerprint256.replaceAll(':', '').toLowerCase()};Subject="CN=a"`,
    ],
    [
      'AWS Application Load Balancer',
      'X-Amzn-Mtls-Clientcert-Leaf',
      'pem-urlencoded',
      // The load balancer does not escape these three characters.
      encodeURIComponent(client.toString())
        .replaceAll('%2B', '+')
        .replaceAll('%3D', '=')
        .replaceAll('%2F', '/'),
    ],
  ] as const)('a guard reads the header as %s sends it', async (proxy, header, format, value) => {
    const section = text.split(`### ${proxy}\n`)[1]!.split('\n##')[0]!
    expect(section).toContain(header)
    expect(section).toContain(`format: '${format}'`)
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const { requireToken } = createBearward({
      issuer: issuer.issuer,
      audience: API,
      jwks: issuer.jwks,
      mtls: { certificate: { header, format, trustedProxies: ['127.0.0.1'] } },
    })
    const app = express().use(requireToken(), (_request, response) => void response.end())
    const { url } = closing(await listen(app))
    const headers = { authorization: `Bearer ${bound}`, [header]: value }
    expect((await fetch(url, { headers })).status).toBe(200)
  })
})
