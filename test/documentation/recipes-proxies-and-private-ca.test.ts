import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { pairs } from '../support/certified.ts'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'
import { describeDocument } from './fixture.ts'
import { adapt, readSnippets, runSnippet } from './snippets.ts'

const { jwks } = createTestIssuer()
const PAGE = 'docs/recipes/proxies-and-private-ca.md'

/** Starts an authorization server with a certificate that no public CA has signed. */
async function startIssuer(): Promise<string> {
  const server = createHttpsServer(pairs.server, (request, response) => {
    const isMetadata = request.url!.startsWith('/.well-known/')
    const metadata = { issuer: url, jwks_uri: `${url}/jwks` }
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(isMetadata ? metadata : jwks))
  })
  const { port } = closing(await listen(server as unknown as Server))
  const url = `https://127.0.0.1:${port}`
  return url
}

/** Starts a proxy. Returns its address, and the targets of its tunnels. */
async function startProxy(): Promise<{ url: string; targets: string[] }> {
  const targets: string[] = []
  const proxy = createServer((_request, response) => void response.writeHead(405).end())
  proxy.on('connect', (request, socket) => {
    targets.push(request.url!)
    const [host, port] = request.url!.split(':') as [string, string]
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.pipe(socket)
      socket.pipe(target)
    })
    target.on('error', () => socket.destroy())
    socket.on('error', () => target.destroy())
    closing({ close: () => [socket, target].forEach((each) => each.destroy()) })
  })
  const { url } = closing(await listen(proxy))
  return { url, targets }
}

/** Writes the certificate to a file that is removed at the end of the test. */
function writeCertificate(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bearward-'))
  closing({ close: () => rmSync(folder, { recursive: true }) })
  const file = join(folder, 'company-ca.pem')
  writeFileSync(file, pairs.server.cert)
  return file
}

const ready = (module: Record<string, unknown>) => (module['ready'] as () => Promise<void>)()

describeDocument(PAGE, {
  async 'Proxy from the environment'(code) {
    const issuer = await startIssuer()
    const proxy = await startProxy()
    vi.stubEnv('HTTPS_PROXY', proxy.url)
    vi.stubEnv('NO_PROXY', '')
    const adapted = adapt(code, {
      "'https://auth.example.com'": `'${issuer}'`,
      'new EnvHttpProxyAgent()':
        'new EnvHttpProxyAgent({ requestTls: { ca: globalThis.recipeCa } })',
    })
    Object.assign(globalThis, { recipeCa: pairs.server.cert })
    await ready(await runSnippet('recipes-proxy', adapted))
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(issuer).host]))

    vi.stubEnv('NO_PROXY', '127.0.0.1')
    const without = adapt(code, { "'https://auth.example.com'": `'${issuer}'` })
    const count = proxy.targets.length
    await expect(ready(await runSnippet('recipes-no-proxy', without))).rejects.toThrow()
    expect(proxy.targets).toHaveLength(count)

    vi.stubEnv('NO_PROXY', '')
    const fixed = adapt(adapted, {
      'import { EnvHttpProxyAgent,': 'import { ProxyAgent,',
      'new EnvHttpProxyAgent({': `new ProxyAgent({ uri: '${proxy.url}',`,
    })
    await ready(await runSnippet('recipes-fixed-proxy', fixed))
    expect(proxy.targets.length).toBeGreaterThan(count)
  },

  async 'CA certificate for one configuration'(code) {
    const issuer = { "'https://auth.example.com'": `'${await startIssuer()}'` }
    const adapted = adapt(code, { ...issuer, '/etc/ssl/company-ca.pem': writeCertificate() })
    await ready(await runSnippet('recipes-ca', adapted))
    const without = adapt(adapted, { 'new Agent({ connect: { ca } })': 'new Agent()' })
    await expect(ready(await runSnippet('recipes-without-ca', without))).rejects.toThrow(
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    )
  },
})

it('ready() without the option fetch resolves only if NODE_EXTRA_CA_CERTS names the private CA', async () => {
  const [, { code }] = readSnippets(PAGE) as [unknown, { code: string }]
  const issuer = await startIssuer()
  const program = `${code.replace(/import .* from '(?:undici|node:\w+)'\n|^const .*$|^ {2}fetch: .*$/gm, '')}
    await ready()`
  const file = fileURLToPath(new URL('../.snippets/recipes-extra-ca.mjs', import.meta.url))
  writeFileSync(file, adapt(program, { "'https://auth.example.com'": `'${issuer}'` }))
  const run = (extra: Record<string, string>) =>
    new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        [file],
        { env: { ...process.env, ...extra } },
        (error, _, stderr) => resolve(error ? stderr : 'ready'),
      )
    })
  expect(await run({})).toContain('keys_failed unreachable')
  expect(await run({ NODE_EXTRA_CA_CERTS: writeCertificate() })).toBe('ready')
})
