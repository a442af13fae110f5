import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, request as requestByHttp } from 'node:http'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import {
  type BearwardEvent,
  createResourceServer,
  type MtlsOptions,
  type ResourceServerOptions,
} from '@bearward/core'
import { createBearward } from '@bearward/express'
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { FRAMEWORKS } from '../frameworks.ts'
import { guarded } from '../frameworks/bare-http.ts'
import type { CreateServer, Framework } from '../frameworks/framework.ts'
import { onBareHttp } from '../frameworks/on-bare-http.ts'
import { serverCertificate } from '../support/certificate.ts'
import { clientThumbprint, pairs, toThumbprint } from '../support/certified.ts'
import { closing } from '../support/closing.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { createTlsServer, getByTls } from '../support/mutual-tls.ts'
import { bearerLine } from '../support/requests.ts'
import { getWithLines, type RunningServer } from '../support/servers.ts'

const issuer = createTestIssuer()
const bound = issuer.token({ claims: { cnf: { 'x5t#S256': clientThumbprint } } })
const clientDer = new X509Certificate(pairs.client.cert).raw
const clientBase64 = clientDer.toString('base64')
const otherBase64 = new X509Certificate(pairs.other.cert).raw.toString('base64')
const clientCert = `Client-Cert: :${clientBase64}:`

const events: BearwardEvent[] = []
afterEach(() => void (events.length = 0))

const byTls: MtlsOptions = { certificate: 'tls' }
const byHeader = (more: object = {}): MtlsOptions => ({
  certificate: {
    header: 'Client-Cert',
    format: 'rfc9440',
    trustedProxies: ['127.0.0.1'],
    ...more,
  },
})

const toOptions = (mtls: MtlsOptions): ResourceServerOptions => ({
  issuer: ISSUER,
  audience: AUDIENCE,
  jwks: issuer.jwks,
  mtls,
  onEvent: (event) => events.push(event),
})

/** The reasons of the refusals since the last call. */
const takeReasons = () =>
  events.splice(0).flatMap((event) => (event.type === 'refused' ? [event.reason] : []))

/** The events about certificates and refusals. */
const getMtlsEvents = () =>
  events.filter(({ type }) => type === 'certificate_ignored' || type === 'refused')

async function start(
  framework: Framework,
  mtls: MtlsOptions,
  createServer?: CreateServer,
): Promise<RunningServer> {
  return closing(
    await framework.start({
      options: toOptions(mtls),
      routes: [{ requirements: {}, handle: async () => ({ in: true }) }],
      maxHeaderSize: 4 * 1024 * 1024,
      createServer,
    }),
  )
}

/** The frameworks whose request objects contain the connection. A web `Request` does not contain it. */
const ON_SOCKETS = [...FRAMEWORKS.filter(({ adapter }) => adapter !== 'fetch'), onBareHttp]

describe.each(ON_SOCKETS.map((framework) => [framework.name, framework] as const))(
  'certificates on %s',
  (name, framework) => {
    it(`8705-01, 8705-02, 8705-03, 8705-06: a guard on ${name} grants a certificate-bound token over TLS only with its certificate, and an unbound token without a certificate`, async () => {
      const { port } = await start(framework, byTls, createTlsServer())
      expect((await getByTls(port, bound, pairs.client)).status).toBe(200)
      expect(takeReasons()).toEqual([])
      expect((await getByTls(port, bound, pairs.other)).status).toBe(401)
      expect(takeReasons()).toEqual(['wrong_certificate'])
      expect((await getByTls(port, bound)).status).toBe(401)
      expect(takeReasons()).toEqual(['no_certificate'])
      expect((await getByTls(port, issuer.token())).status).toBe(200)
    })

    it(`8705-08: a guard on ${name} grants a certificate-bound token only if a trusted proxy sends its certificate in one header line`, async () => {
      const { port } = await start(framework, byHeader())
      const get = async (...lines: string[]) =>
        (await getWithLines(port, '/', [bearerLine(bound), ...lines])).status
      expect(await get(clientCert)).toBe(200)
      expect(await get(`Client-Cert: :${otherBase64}:`)).toBe(401)
      expect(await get()).toBe(401)
      expect(await get(clientCert, clientCert)).toBe(401)
      expect(takeReasons()).toEqual(['wrong_certificate', 'no_certificate', 'no_certificate'])
    })

    it(`8705-08: a guard on ${name} refuses a certificate-bound token with 401 if the header comes from a peer that is not a trusted proxy`, async () => {
      const { port } = await start(framework, byHeader({ trustedProxies: ['10.0.0.0/8'] }))
      const lines = [bearerLine(bound), clientCert, 'X-Forwarded-For: 10.0.0.1']
      expect((await getWithLines(port, '/', lines)).status).toBe(401)
      expect(getMtlsEvents()).toMatchObject([
        { type: 'certificate_ignored', header: 'client-cert', peer: 'ipv4' },
        { reason: 'no_certificate', check: 'client-cert' },
      ])
      expect((await getWithLines(port, '/', lines)).status).toBe(401)
      expect(events.filter(({ type }) => type === 'certificate_ignored')).toHaveLength(1)
    })
  },
)

describe('a certificate in the TLS connection', () => {
  it('8705-06: authorize grants a request with an expired certificate', async () => {
    const expired = serverCertificate({ subject: { name: 'old' }, notBefore: -3, notAfter: -2 })
    const thumbprint = toThumbprint(new X509Certificate(expired.cert))
    const token = issuer.token({ claims: { cnf: { 'x5t#S256': thumbprint } } })
    const { port } = await start(onBareHttp, byTls, createTlsServer())
    expect((await getByTls(port, token, expired)).status).toBe(200)
  })

  it('8705-07: authorize refuses a token whose certificate is only in the chain that the client sends', async () => {
    const { port } = await start(onBareHttp, byTls, createTlsServer())
    const chain = { key: pairs.other.key, cert: pairs.other.cert + pairs.client.cert }
    expect((await getByTls(port, bound, chain)).status).toBe(401)
    expect(takeReasons()).toEqual(['wrong_certificate'])
    const own = { key: pairs.client.key, cert: pairs.client.cert + pairs.other.cert }
    expect((await getByTls(port, bound, own)).status).toBe(200)
  })

  it('8705-03: authorize refuses a bound token if the server does not request a certificate', async () => {
    const { port } = await start(onBareHttp, byTls, createTlsServer({ requestCert: false }))
    expect((await getByTls(port, bound, pairs.client)).status).toBe(401)
    expect(takeReasons()).toEqual(['no_certificate'])
  })

  it('8705-03: authorize refuses a bound token without TLS, and ignores a header with its certificate', async () => {
    const { port } = await start(onBareHttp, byTls)
    expect((await getWithLines(port, '/', [bearerLine(bound), clientCert])).status).toBe(401)
    expect(getMtlsEvents()).toMatchObject([{ found: 'a connection without TLS' }])
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '8705-15: a guard decides about a request in a resumed session of %s as in the first session',
    async (version) => {
      const { port } = await start(
        onBareHttp,
        byTls,
        createTlsServer({ maxVersion: version, sessionIdContext: 'test' }),
      )
      for (const [pair, statuses] of [
        [pairs.client, [200, 200]],
        [{}, [401, 401]],
        [pairs.other, [401, 401]],
      ] as const) {
        const received: (number | boolean)[] = []
        let session: Buffer | undefined
        for (let i = 0; i < 2; i++) {
          const socket = connect({
            port,
            host: '127.0.0.1',
            ca: pairs.server.cert,
            ...pair,
            session,
          })
          socket.on('session', (next: Buffer) => (session = next))
          socket.write(
            `GET / HTTP/1.1\r\nHost: a\r\n${bearerLine(bound)}\r\nConnection: close\r\n\r\n`,
          )
          let isReused: boolean | undefined
          socket.once('secureConnect', () => (isReused = socket.isSessionReused()))
          let text = ''
          for await (const chunk of socket) text += String(chunk)
          received.push(Number(text.split(' ')[1]))
          expect(isReused).toBe(i === 1)
        }
        expect(received).toEqual(statuses)
      }
    },
  )

  it('a guard for HTTP/2 grants a bound token only with its certificate', async () => {
    const { guard } = createResourceServer(toOptions(byTls))
    const listener = guarded(guard(), (_request, response) => void response.end('in'))
    const server = createSecureServer(
      { ...pairs.server, requestCert: true, rejectUnauthorized: false },
      listener as never,
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const statuses: unknown[] = []
    for (const pair of [pairs.client, pairs.other, {}]) {
      const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: pairs.server.cert, ...pair })
      const stream = session.request({ ':path': '/', authorization: `Bearer ${bound}` })
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
      statuses.push(headers[':status'])
      session.destroy()
    }
    server.close()
    expect(statuses).toEqual([200, 401, 401])
  })

  it('8705-01: a guard grants a request of curl only with the certificate of the token', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bearward-'))
    closing({ close: () => rmSync(folder, { recursive: true }) })
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const { port } = await start(FRAMEWORKS[0]!, byTls, createTlsServer())
    const call = async (...more: string[]) => {
      const { stdout } = await promisify(execFile)('curl', [
        '--silent',
        '--cacert',
        write('ca.pem', pairs.server.cert),
        '--header',
        bearerLine(bound),
        '--write-out',
        '%{http_code}',
        ...more,
        `https://127.0.0.1:${port}/`,
      ])
      return stdout.slice(-3)
    }
    const toArguments = ({ cert, key }: typeof pairs.client) => [
      '--cert',
      write('cert.pem', cert),
      '--key',
      write('key.pem', key),
    ]
    expect(await call(...toArguments(pairs.client))).toBe('200')
    expect(await call(...toArguments(pairs.other))).toBe('401')
    expect(await call()).toBe('401')
  })
})

describe('a certificate in a header of a Unix socket', () => {
  /** Starts an Express app at a Unix socket. Returns a function that sends a request with these headers. */
  async function startAtSocket(trustedProxies: readonly string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'bearward-'))
    closing({ close: () => rmSync(folder, { recursive: true }) })
    const socketPath = join(folder, 'api.sock')
    const { requireToken } = createBearward(toOptions(byHeader({ trustedProxies })) as never)
    const server = createHttpServer(
      express().use(requireToken(), (_request, response) => void response.send('in')),
    )
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    closing({ close: () => new Promise((resolve) => server.close(resolve)) })
    return (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const options = { socketPath, headers: { authorization: `Bearer ${bound}`, ...headers } }
        requestByHttp({ ...options, agent: false }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode!))
        })
          .on('error', reject)
          .end()
      })
  }

  it("8705-08: a guard reads the header of the peer of a Unix socket if 'unix' is a trusted proxy", async () => {
    const get = await startAtSocket(['unix'])
    expect(await get({ 'client-cert': `:${clientBase64}:` })).toBe(200)
    expect(await get({ 'client-cert': `:${otherBase64}:` })).toBe(401)
    expect(await get({})).toBe(401)
  })

  it("8705-08: a guard ignores the header of the peer of a Unix socket if 'unix' is not a trusted proxy", async () => {
    const get = await startAtSocket(['127.0.0.1', '::1'])
    expect(await get({ 'client-cert': `:${clientBase64}:` })).toBe(401)
    expect(getMtlsEvents()).toMatchObject([
      { type: 'certificate_ignored', peer: 'unix' },
      { reason: 'no_certificate' },
    ])
  })
})
