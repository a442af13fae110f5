import '@bearward/fastify/req-auth'
import { Writable } from 'node:stream'
import fastify, {
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { bearer } from '../../../test/support/requests.ts'
import { scriptedEndpoint } from '../../../test/support/scripted-endpoint.ts'
import { trusting } from '../../../test/support/trusting.ts'
import { auth, createBearward, requireToken } from '../src/index.ts'

const issuer = createTestIssuer()

afterEach(() => {
  delete process.env['BEARWARD_ISSUER']
  delete process.env['BEARWARD_AUDIENCE']
})

function createApp(options: FastifyServerOptions = {}): FastifyInstance {
  return closing(fastify(options))
}

const serve = (app: FastifyInstance) => app.listen({ host: '127.0.0.1', port: 0 })

function bearwardWith(more: Record<string, unknown> = {}) {
  const { options, events } = trusting(issuer, more)
  return { bearward: createBearward(options), events }
}

describe('@bearward/fastify on Fastify 5', () => {
  it('requireToken() passes the verified token to the handler, and refuses a request without a token', async () => {
    const { bearward } = bearwardWith()
    const app = createApp()
    await app.register(bearward.plugin)
    app.get('/', { onRequest: bearward.requireToken({ scope: 'read' }) }, (request) => ({
      id: auth(request).subject.id,
      same: request.auth === auth(request),
    }))
    const url = await serve(app)

    expect(await (await fetch(url, bearer(issuer.token()))).json()).toEqual({
      id: 'reports-cron',
      same: true,
    })
    const refused = await fetch(url)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('content-type')).toBe('application/json')
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="api", scope="read"')
  })

  it('requireToken() protects a prefix and the whole app, and verifies the token of a request once', async () => {
    const { bearward, events } = bearwardWith()
    const app = createApp()
    await app.register(bearward.plugin)
    app.addHook('onRequest', bearward.requireToken())
    await app.register(
      async (admin) => {
        admin.addHook('onRequest', bearward.requireToken({ scope: 'admin' }))
        admin.get('/', () => 'admin')
      },
      { prefix: '/admin' },
    )
    app.get('/', () => 'in')
    const url = await serve(app)

    expect((await fetch(url)).status).toBe(401)
    expect((await fetch(url, bearer(issuer.token()))).status).toBe(200)
    expect((await fetch(`${url}/admin`, bearer(issuer.token()))).status).toBe(403)
    const admin = issuer.token({ claims: { scope: 'admin' } })
    expect((await fetch(`${url}/admin`, bearer(admin))).status).toBe(200)
    expect(events.filter((event) => event.type === 'verified')).toHaveLength(3)
  })

  it('requireToken() protects routes without the plugin, and routes of an encapsulated part that registers the plugin', async () => {
    const { bearward } = bearwardWith()
    const app = createApp()
    app.get('/bare', { onRequest: bearward.requireToken() }, (request) => auth(request).clientId)
    await app.register(async (part) => {
      await part.register(bearward.plugin)
      part.get('/part', { onRequest: bearward.requireToken() }, (request) => request.auth?.clientId)
    })
    const url = await serve(app)
    for (const path of ['/bare', '/part']) {
      expect((await fetch(url + path)).status).toBe(401)
      const response = await fetch(url + path, bearer(issuer.token()))
      expect(await response.text()).toBe('reports-cron')
    }
  })

  it('a handler runs once if the plugin is registered twice', async () => {
    const { bearward } = bearwardWith()
    const app = createApp()
    let handled = 0
    await app.register(bearward.plugin)
    await app.register(bearward.plugin, { close: true })
    app.get('/', { onRequest: bearward.requireToken() }, () => ++handled)
    const url = await serve(app)
    expect(await (await fetch(url, bearer(issuer.token()))).text()).toBe('1')
    expect((await fetch(url)).status).toBe(401)
    expect(handled).toBe(1)
  })

  it('requireToken() of each of two configurations in one app grants only tokens of its own issuer', async () => {
    const other = createTestIssuer({ issuer: 'https://other.example.com' })
    const { bearward: first } = bearwardWith()
    const { bearward: second } = bearwardWith({ issuer: other.issuer, jwks: other.jwks })
    const app = createApp()
    await app.register(first.plugin)
    await app.register(second.plugin)
    app.get('/first', { onRequest: first.requireToken() }, (request) => auth(request).issuer)
    app.get('/second', { onRequest: second.requireToken() }, (request) => auth(request).issuer)
    const url = await serve(app)

    const statuses = async (token: string) =>
      Promise.all(
        ['/first', '/second'].map(async (path) => (await fetch(url + path, bearer(token))).status),
      )
    expect(await statuses(issuer.token())).toEqual([200, 401])
    expect(await statuses(other.token())).toEqual([401, 200])
  })

  it('requireToken() passes errors of a check and of a handler to the error handler', async () => {
    const { bearward } = bearwardWith()
    const app = createApp()
    await app.register(bearward.plugin)
    let handled = 0
    const check = () => {
      throw new Error('from the check')
    }
    app.setErrorHandler((error: Error, _request, reply) => reply.code(500).send(error.message))
    app.get('/check', { onRequest: bearward.requireToken({ check }) }, () => handled++)
    app.get(
      '/rejecting',
      { onRequest: bearward.requireToken({ check: async () => check() }) },
      () => handled++,
    )
    app.get('/handler', { onRequest: bearward.requireToken() }, () => {
      throw new Error('from the handler')
    })
    const url = await serve(app)

    for (const [path, message] of [
      ['/check', 'from the check'],
      ['/rejecting', 'from the check'],
      ['/handler', 'from the handler'],
    ]) {
      const response = await fetch(url + path!, bearer(issuer.token()))
      expect(response.status).toBe(500)
      expect(await response.text()).toBe(message)
    }
    expect(handled).toBe(0)
  })

  it('requireToken() calls check with the Fastify request', async () => {
    const { bearward } = bearwardWith()
    const app = createApp()
    await app.register(bearward.plugin)
    const check = (_token: unknown, request: FastifyRequest) =>
      (request.params as { client: string }).client === 'reports-cron'
    app.get('/:client', { onRequest: bearward.requireToken({ check }) }, () => 'in')
    const url = await serve(app)

    expect((await fetch(`${url}/reports-cron`, bearer(issuer.token()))).status).toBe(200)
    expect((await fetch(`${url}/another`, bearer(issuer.token()))).status).toBe(403)
  })

  it('a refusal is written to the log of the request, as a message and as members', async () => {
    const { bearward } = bearwardWith({ onEvent: undefined })
    const lines: Record<string, unknown>[] = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
        done()
      },
    })
    const logController = new LogController({ disableRequestLogging: true })
    const app = createApp({ logger: { level: 'info', stream }, logController })
    await app.register(bearward.plugin)
    app.get('/', { onRequest: bearward.requireToken() }, () => 'in')
    await app.ready()
    lines.length = 0
    const token = issuer.token({ claims: { aud: 'https://elsewhere.example.com' } })
    await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })

    expect(lines).toEqual([
      expect.objectContaining({
        level: 30,
        msg: expect.stringMatching(/^\[bearward\] refused 401 wrong_audience: aud: /) as string,
        reqId: 'req-1',
        requestId: 'req-1',
        route: 'GET /',
        type: 'refused',
        reason: 'wrong_audience',
        check: 'aud',
        expected: AUDIENCE,
        found: '"https://elsewhere.example.com"',
        advice: expect.stringMatching(/^In the client: /) as string,
      }),
    ])
  })

  it('a refusal is written to the console if the app has no logger', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    const { bearward } = bearwardWith({ onEvent: undefined })
    const app = createApp()
    await app.register(bearward.plugin)
    app.get('/', { onRequest: bearward.requireToken() }, () => 'in')
    await app.inject({ url: '/' })
    expect(info.mock.calls).toEqual([
      [expect.stringMatching(/^\[bearward\] refused 401 no_credentials: /)],
    ])
    info.mockRestore()
  })

  it('a failure outside of a request is written to the log of the app', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const lines: string[] = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push((JSON.parse(chunk.toString()) as { msg: string }).msg)
        done()
      },
    })
    const fetch = () => Promise.reject(new TypeError('fetch failed'))
    const { bearward } = bearwardWith({ jwks: undefined, fetch, onEvent: undefined })
    const app = createApp({ logger: { level: 'warn', stream } })
    await app.register(bearward.plugin)
    await expect(bearward.ready()).rejects.toThrow()
    expect(lines).toEqual([expect.stringMatching(/^\[bearward\] keys_failed unreachable: /)])
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
    bearward.close()
  })

  it('the resource server closes with the app that registered the plugin with close: true, and not with another app', async () => {
    const clock = fakeClock()
    const endpoint = scriptedEndpoint({ keys: issuer.jwks.keys })
    const { bearward, events } = bearwardWith({ jwks: undefined, fetch: endpoint.fetch, clock })
    const [one, other] = [createApp(), createApp()]
    await one.register(bearward.plugin)
    await other.register(bearward.plugin, { close: true })
    await bearward.ready()
    await one.close()
    expect(clock.pending()).toBeGreaterThan(0)
    expect(bearward.status().issuers).toMatchObject([{ keys: { state: 'fresh' }, closed: false }])
    expect(events.map(({ type }) => type)).not.toContain('closed')
    await other.close()
    expect(clock.pending()).toBe(0)
    expect(bearward.status().issuers).toMatchObject([{ keys: { state: 'fresh' }, closed: true }])
    expect(events.filter(({ type }) => type === 'closed')).toHaveLength(1)
  })

  it('requireToken() sends the body and the media type of errorBody without the reply serializer', async () => {
    const { bearward } = bearwardWith({
      errorBody: ({ reason }: { reason: string }) => ({
        contentType: 'application/problem+json',
        body: { type: `urn:example:${reason}` },
      }),
    })
    const app = createApp()
    await app.register(bearward.plugin)
    app.setReplySerializer(() => 'spoilt')
    app.get('/', { onRequest: bearward.requireToken() }, () => 'in')
    const url = await serve(app)

    const response = await fetch(url)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.text()).toBe('{"type":"urn:example:no_credentials"}')
  })

  it('the exported requireToken() uses the options of the environment, without the plugin', async () => {
    expect(() => requireToken()).toThrow('BEARWARD_ISSUER is not set')
    Object.assign(process.env, { BEARWARD_ISSUER: ISSUER, BEARWARD_AUDIENCE: AUDIENCE })
    const app = createApp()
    app.addHook('onRequest', requireToken({ scope: 'read' }))
    app.get('/', () => 'in')
    const url = await serve(app)
    expect((await fetch(url)).headers.get('www-authenticate')).toBe(
      'Bearer realm="api", scope="read"',
    )
  })

  it('requireToken without parentheses throws an error that shows the right call', async () => {
    const { bearward } = bearwardWith()
    const app = createApp()
    await app.register(bearward.plugin)
    app.setErrorHandler((error: Error, _request, reply) => reply.code(500).send(error.message))
    app.addHook('onRequest', bearward.requireToken as never)
    app.get('/', () => 'in')
    const url = await serve(app)
    expect(await (await fetch(url)).text()).toContain('Write requireToken() with parentheses')
  })
})
