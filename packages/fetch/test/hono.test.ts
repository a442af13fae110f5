import { Hono } from 'hono'
import { cors as honoCors } from 'hono/cors'
import { requestId } from 'hono/request-id'
import { describe, expect, it } from 'vitest'
import { createTestIssuer } from '../../../test/support/issuer.ts'
import { bearer } from '../../../test/support/requests.ts'
import { trusting } from '../../../test/support/trusting.ts'
import { auth, createBearward, type HonoGuard } from '../src/hono.ts'

const issuer = createTestIssuer()
const APP = 'https://app.example.com'

function bearwardWith(more: Record<string, unknown> = {}) {
  const { options, events } = trusting(issuer, more)
  return { ...createBearward(options), events }
}

describe('@bearward/fetch/hono', () => {
  it('requireToken passes the token to the handler with a typed c.get', async () => {
    const { requireToken } = bearwardWith()
    const app = new Hono().get('/reports/:id', requireToken({ scope: 'read' }), (c) =>
      c.json([c.req.param('id'), c.get('auth').clientId, auth(c) === c.var.auth]),
    )
    const response = await app.request('/reports/7', bearer(issuer.token()))
    expect(await response.json()).toEqual(['7', 'reports-cron', true])
    const refused = await app.request('/reports/7')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="api", scope="read"')
  })

  it('requireToken({ optional: true }): c.get returns undefined for a caller without a token, and auth throws', async () => {
    const { requireToken } = bearwardWith()
    const app = new Hono()
    app.get('/', requireToken({ optional: true }), (c) =>
      c.text(c.get('auth')?.clientId ?? 'nobody'),
    )
    app.get('/auth', requireToken({ optional: true }), (c) => c.text(String(auth(c).clientId)))
    expect(await (await app.request('/')).text()).toBe('nobody')
    expect((await app.request('/auth')).status).toBe(500)
  })

  it('requireToken ignores a value of auth that other code has set, and removes this value for an anonymous caller', async () => {
    const { requireToken } = bearwardWith()
    const app = new Hono<{ Variables: { auth: unknown } }>()
    app.use((c, next) => {
      c.set('auth', { clientId: 'somebody else' })
      return next()
    })
    app.get('/', requireToken({ optional: true }), (c) => c.json(c.get('auth') === undefined))
    expect(await (await app.request('/')).json()).toBe(true)
  })

  it('requireToken passes an error of check to onError of the application', async () => {
    const { requireToken } = bearwardWith()
    const error = new Error('from check')
    const check = () => {
      throw error
    }
    const app = new Hono()
    const errors: unknown[] = []
    app.onError((thrown, c) => {
      errors.push(thrown)
      return c.text('failed', 500)
    })
    app.get('/', requireToken({ check }), (c) => c.text('passed'))
    const response = await app.request('/', bearer(issuer.token()))
    expect([response.status, await response.text(), errors]).toEqual([500, 'failed', [error]])
  })

  it.each([undefined, new Request('https://api.example.com/')])(
    'a guard and authorize reject with an error that names the context if they get %s',
    async (value) => {
      const { requireToken, authorize } = bearwardWith()
      const guard = requireToken() as unknown as (request: unknown) => Promise<unknown>
      await expect(guard(value)).rejects.toThrow('was called without a context')
      await expect(authorize(value as never)).rejects.toThrow('was called without a context')
    },
  )

  it('the event "refused" contains the route and the id of a request', async () => {
    const { requireToken, events } = bearwardWith()
    const app = new Hono()
    app.use(requestId({ generator: () => 'request-1' }))
    app.get('/reports/:id', requireToken(), (c) => c.text('passed'))
    await app.request('/reports/7')
    expect(events).toMatchObject([
      { type: 'refused', route: 'GET /reports/:id', requestId: 'request-1' },
    ])
  })

  it.each<
    [mounted: string, path: string, route: string, mount: (app: Hono, guard: HonoGuard) => unknown]
  >([
    ['before a route', '/reports/7', 'GET /reports/:id', (app, guard) => app.use(guard)],
    [
      'for a prefix',
      '/reports/7',
      'GET /reports/:id',
      (app, guard) => app.use('/reports/*', guard),
    ],
    ['for unknown paths', '/secret-7', 'GET /*', (app, guard) => app.use(guard)],
    [
      'in a mounted application',
      '/v1/reports/7',
      'GET /v1/reports/:id',
      (app, guard) => app.route('/v1', new Hono().get('/reports/:id', guard)),
    ],
    ['for files', '/files/a-secret', 'GET /files/*', (app, guard) => app.get('/files/*', guard)],
  ])(
    'the event "refused" contains the pattern of the route instead of the path if a guard is mounted %s',
    async (_, path, route, mount) => {
      const { requireToken, events } = bearwardWith()
      const app = new Hono()
      mount(app, requireToken())
      app.get('/reports/:id', (c) => c.text('passed'))
      app.all('*', (c) => c.text('fallback', 404))
      await app.request(path)
      expect(events).toMatchObject([{ type: 'refused', route }])
    },
  )

  it('a refusal keeps headers that other code has set, and replaces only its own headers', async () => {
    const { requireToken } = bearwardWith()
    const app = new Hono()
    app.use((c, next) => {
      c.header('X-Frame-Options', 'DENY')
      c.header('Cache-Control', 'public')
      return next()
    })
    app.use(honoCors({ origin: APP }))
    app.get('/', requireToken(), (c) => c.text('passed'))
    const response = await app.request('/', { headers: { origin: APP } })
    expect(response.status).toBe(401)
    expect(response.headers.get('x-frame-options')).toBe('DENY')
    expect(response.headers.get('access-control-allow-origin')).toBe(APP)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-type')).toBe('application/json')
  })

  it('a refusal has no headers that describe the body of another response', async () => {
    const { requireToken } = bearwardWith()
    const app = new Hono()
    app.use((c, next) => {
      c.header('Content-Length', '3')
      c.header('ETag', '"a"')
      return next()
    })
    app.get('/', requireToken(), (c) => c.text('passed'))
    const { status, headers } = await app.request('/')
    expect([status, headers.get('content-length'), headers.get('etag')]).toEqual([401, null, null])
  })

  it('cors adds its headers to the response of a handler, of onError and of notFound', async () => {
    const { cors } = bearwardWith()
    const app = new Hono()
    app.use(cors({ origins: [APP] }))
    app.get('/raw', () => new Response('raw', { headers: { Vary: 'Accept' } }))
    app.get('/fails', () => {
      throw new Error('the handler failed')
    })
    app.onError((_error, c) => c.text('failed', 500))
    for (const [path, status, vary] of [
      ['/raw', 200, 'Accept, Origin'],
      ['/fails', 500, 'Origin'],
      ['/unknown', 404, 'Origin'],
    ] as const) {
      const response = await app.request(path, { headers: { origin: APP } })
      expect([path, response.status, response.headers.get('vary')]).toEqual([path, status, vary])
      expect(response.headers.get('access-control-allow-origin')).toBe(APP)
    }
  })

  it('metadata responds to the well-known path if the application has no route for this path', async () => {
    const { metadata, requireToken } = bearwardWith({
      resource: 'https://api.example.com/v1',
      metadata: {},
    })
    const app = new Hono()
    app.use(metadata())
    app.use(requireToken())
    const response = await app.request('/.well-known/oauth-protected-resource/v1')
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect((await app.request('/v1')).status).toBe(401)
  })

  it('requireToken passes the verification to waitUntil of the platform if the verification has to wait', async () => {
    const { requireToken } = bearwardWith({
      jwks: undefined,
      jwksUri: 'https://as.example.com/jwks',
      fetch: async () => Response.json(issuer.jwks),
    })
    const app = new Hono().get('/', requireToken(), (c) => c.text('passed'))
    const kept: unknown[] = []
    const context = {
      waitUntil: (promise: unknown) => void kept.push(promise),
      passThroughOnException() {},
      props: {},
    }
    const request = () => new Request('https://api.example.com/', bearer(issuer.token()))
    expect((await app.fetch(request(), {}, context)).status).toBe(200)
    expect(kept).toHaveLength(1)
    expect((await app.fetch(request(), {}, context)).status).toBe(200)
    expect(kept).toHaveLength(1)
  })
})
