import '@bearward/express/req-auth'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import express4 from 'express4'
import { describe, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { createTestIssuer } from '../../../test/support/issuer.ts'
import { bearer } from '../../../test/support/requests.ts'
import { getWithLines, listen, type RunningServer } from '../../../test/support/servers.ts'
import { trusting } from '../../../test/support/trusting.ts'
import { auth, createBearward, type RefusalView } from '../src/index.ts'

const issuer = createTestIssuer()

async function serve(app: Parameters<typeof listen>[0]): Promise<RunningServer> {
  return closing(await listen(app))
}

function bearwardWith(more: Record<string, unknown> = {}) {
  const { options, events } = trusting(issuer, more)
  return {
    bearward: createBearward(options),
    events,
    ofType: (type: string) => events.filter((e) => e.type === type),
  }
}

const createUserToken = () => issuer.token({ claims: { sub: 'user-ada', client_id: 'web' } })

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('@bearward/express on %s', (_name, framework) => {
  it('requireToken() passes the verified token to the handler, and refuses a request without a token', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    app.get('/reports', bearward.requireToken({ scope: 'read' }), (req, res) => {
      res.json({ id: auth(req).subject.id, same: req.auth === auth(req) })
    })
    const { url } = await serve(app)

    const granted = await fetch(`${url}/reports`, bearer(issuer.token()))
    expect(granted.status).toBe(200)
    expect(await granted.json()).toEqual({ id: 'reports-cron', same: true })

    const refused = await fetch(`${url}/reports`)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="api", scope="read"')
    expect(refused.headers.get('cache-control')).toBe('no-store')
    expect(refused.headers.get('content-type')).toBe('application/json')
    expect(await refused.json()).toEqual({
      error: 'unauthorized',
      error_description: 'An access token is required.',
    })
  })

  it('requireToken() sends the same refusal headers for HEAD as for GET, without a body', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    app.use(bearward.requireToken())
    const { url } = await serve(app)

    const [get, head] = await Promise.all([fetch(url), fetch(url, { method: 'HEAD' })])
    const names = ['www-authenticate', 'cache-control', 'content-type', 'content-length']
    expect(head.status).toBe(401)
    expect(names.map((name) => head.headers.get(name))).toEqual(
      names.map((name) => get.headers.get(name)),
    )
    expect(await head.text()).toBe('')
  })

  it('requireToken() verifies a token once for several guards, and applies the stricter requirement of a later guard', async () => {
    const { bearward, ofType } = bearwardWith()
    const app = framework()
    app.use(bearward.requireToken())
    app.use(bearward.requireToken({ scope: 'read' }))
    app.get('/reindex', bearward.requireToken({ subject: 'machine' }), (_req, res) => {
      res.send('done')
    })
    const { url } = await serve(app)

    expect((await fetch(`${url}/reindex`, bearer(issuer.token()))).status).toBe(200)
    expect(ofType('verified')).toHaveLength(1)

    const user = await fetch(`${url}/reindex`, bearer(createUserToken()))
    expect(user.status).toBe(403)
    expect(user.headers.get('www-authenticate')).toBe('Bearer realm="api"')
    expect(ofType('verified')).toHaveLength(2)
  })

  it('requireToken() ignores a value of req.auth that other code has set', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    app.use((req: Request, _res: Response, next: NextFunction) => {
      Object.assign(req, { auth: { scopes: ['admin'], hasScope: () => true } })
      next()
    })
    app.get('/optional', bearward.requireToken({ optional: true }), (req, res) => {
      res.json({ auth: req.auth ?? null })
    })
    app.get('/admin', bearward.requireToken({ scope: 'admin' }), (_req, res) => {
      res.send('in')
    })
    const { url } = await serve(app)

    expect((await fetch(`${url}/admin`)).status).toBe(401)
    expect((await fetch(`${url}/admin`, bearer(issuer.token()))).status).toBe(403)
    expect(await (await fetch(`${url}/optional`)).json()).toEqual({ auth: null })
  })

  it('requireToken() of each of two configurations grants only tokens of its own issuer', async () => {
    const other = createTestIssuer({ issuer: 'https://other.example.com' })
    const first = bearwardWith()
    const second = bearwardWith({ issuer: other.issuer, jwks: other.jwks })
    const app = framework()
    app.get('/first', first.bearward.requireToken(), (_req, res) => void res.send('first'))
    app.get('/second', second.bearward.requireToken(), (_req, res) => void res.send('second'))
    app.get('/both', first.bearward.requireToken(), second.bearward.requireToken())
    const { url } = await serve(app)

    const statuses = async (token: string) =>
      Promise.all(
        ['/first', '/second', '/both'].map(
          async (path) => (await fetch(url + path, bearer(token))).status,
        ),
      )
    expect(await statuses(issuer.token())).toEqual([200, 401, 401])
    expect(await statuses(other.token())).toEqual([401, 200, 401])
  })

  it('requireToken({ optional: true }) lets an anonymous caller pass, and refuses bad credentials', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    app.get('/news', bearward.requireToken({ optional: true, scope: 'read' }), (req, res) => {
      res.json({ caller: req.auth?.subject.id ?? 'anonymous' })
    })
    const { url } = await serve(app)

    expect(await (await fetch(`${url}/news`)).json()).toEqual({ caller: 'anonymous' })
    expect(await (await fetch(`${url}/news`, bearer(issuer.token()))).json()).toEqual({
      caller: 'reports-cron',
    })
    expect((await fetch(`${url}/news`, bearer('forged.token.here'))).status).toBe(401)
    const poor = issuer.token({ claims: { scope: 'write' } })
    expect((await fetch(`${url}/news`, bearer(poor))).status).toBe(403)
  })

  it('auth(req) throws an error that names the cause if no guard has granted the request or the caller is anonymous', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    const handler = (req: Request, res: Response) => void res.json({ id: auth(req).subject.id })
    app.get('/unguarded', handler)
    app.get('/optional', bearward.requireToken({ optional: true }), handler)
    app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
      res.status(500).send(error.message)
    })
    const { url } = await serve(app)

    const unguarded = await fetch(`${url}/unguarded`, bearer(issuer.token()))
    expect(unguarded.status).toBe(500)
    expect(await unguarded.text()).toContain('before a guard granted the request')
    const anonymous = await fetch(`${url}/optional`)
    expect(anonymous.status).toBe(500)
    expect(await anonymous.text()).toContain('optional guard')
  })

  it('requireToken() passes errors of a handler and of a check to the error handler', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    let handled = 0
    const check = () => {
      throw new Error('from the check')
    }
    const rejectingCheck = async () => check()
    app.get('/handler', bearward.requireToken(), () => {
      throw new Error('from the handler')
    })
    app.get('/check', bearward.requireToken({ check }), () => void handled++)
    app.get('/rejecting', bearward.requireToken({ check: rejectingCheck }), () => void handled++)
    app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
      res.status(500).send(error.message)
    })
    const { url } = await serve(app)

    for (const [path, message] of [
      ['/handler', 'from the handler'],
      ['/check', 'from the check'],
      ['/rejecting', 'from the check'],
    ]) {
      const response = await fetch(url + path!, bearer(issuer.token()))
      expect(response.status).toBe(500)
      expect(await response.text()).toBe(message)
    }
    expect(handled).toBe(0)
  })

  it('requireToken() calls check with the token and the Express request', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    const check: Parameters<typeof bearward.requireToken>[0] = {
      check: async (token, request) => token.clientId === request.params['client'],
    }
    app.get('/clients/:client', bearward.requireToken(check), (_req, res) => void res.send('in'))
    const { url } = await serve(app)

    expect((await fetch(`${url}/clients/reports-cron`, bearer(issuer.token()))).status).toBe(200)
    const other = await fetch(`${url}/clients/another`, bearer(issuer.token()))
    expect(other.status).toBe(403)
    expect(await other.json()).toEqual({
      error: 'forbidden',
      error_description: 'The caller is not allowed here.',
    })
  })

  it('requireToken without parentheses throws an error that shows the right call', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    let handled = 0
    app.use(bearward.requireToken as unknown as ReturnType<typeof bearward.requireToken>)
    app.get('/', () => void handled++)
    app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
      res.status(500).send(error.message)
    })
    const { url } = await serve(app)

    const response = await fetch(url, bearer(issuer.token()))
    expect(response.status).toBe(500)
    expect(await response.text()).toContain('Write requireToken() with parentheses')
    expect(handled).toBe(0)
  })

  it('6750-30: requireToken() refuses two Authorization lines, although req.headers contains only one of them', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    app.get('/', bearward.requireToken(), (_req, res) => void res.send('in'))
    const { port } = await serve(app)

    const line = `Authorization: Bearer ${issuer.token()}`
    expect((await getWithLines(port, '/', [line])).status).toBe(200)
    const doubled = await getWithLines(port, '/', [line, line])
    expect(doubled.status).toBe(400)
    expect(doubled.header('www-authenticate')).toContain('error="invalid_request"')
  })

  it('requireToken() reads the credentials of a serverless request without raw header lines', async () => {
    const { bearward } = bearwardWith()
    const app = framework()
    app.get('/', bearward.requireToken(), (_req, res) => void res.send('in'))
    const server = createServer((req, res) => {
      Object.defineProperty(req, 'rawHeaders', { value: undefined })
      ;(app as Express)(req as Request, res as Response)
    })
    const { url } = await serve(server)

    expect((await fetch(url, bearer(issuer.token()))).status).toBe(200)
    expect((await fetch(url)).status).toBe(401)
    const joined = { headers: { authorization: `Bearer ${issuer.token()}, Bearer x` } }
    expect((await fetch(url, joined)).status).toBe(400)
  })

  it('requireToken() keeps a response that other code has sent while keys were fetched', async () => {
    let sendKeys = () => {}
    const sent = new Promise<void>((resolve) => {
      sendKeys = resolve
    })
    const { bearward } = bearwardWith({
      jwks: undefined,
      jwksUri: 'https://as.example.com/jwks',
      fetch: async () => {
        await sent
        return Response.json({ keys: [] })
      },
    })
    const app = framework()
    app.use((_req: Request, res: Response, next: NextFunction) => {
      next()
      res.status(504).send('too slow')
      sendKeys()
    })
    app.use(bearward.requireToken())
    const { url } = await serve(app)

    const response = await fetch(url, bearer(issuer.token()))
    expect(response.status).toBe(504)
    expect(await response.text()).toBe('too slow')
  })

  it('events contain the route and the id of a request, and neither of them if reading the id throws', async () => {
    const { bearward, ofType } = bearwardWith()
    const app = framework()
    app.use((request: Request & { id?: string }, _response, next) => {
      if (request.url === '/reports/1') request.id = 'r-1'
      else Object.defineProperty(request, 'id', { get: () => assert.fail('no') })
      next()
    })
    const guard = bearward.requireToken({ scope: 'admin' })
    app.get('/reports/:id', guard, (_req, res) => res.json({}))
    app.use('/v1', framework.Router().get('/:id', guard))
    const { url } = await serve(app)
    for (const path of ['/reports/1', '/reports/2', '/v1/1']) {
      expect((await fetch(`${url}${path}`, bearer(issuer.token()))).status).toBe(403)
    }
    expect(ofType('refused')).toMatchObject([
      { route: 'GET /reports/:id', requestId: 'r-1' },
      { route: undefined, requestId: undefined },
      { route: undefined, requestId: undefined },
    ])
  })

  it('errorBody sets only the body and its media type', async () => {
    const { bearward } = bearwardWith({
      errorBody: ({ reason, status, description }: RefusalView) => ({
        contentType: 'application/problem+json',
        body: { type: `urn:example:${reason}`, status, title: description },
      }),
    })
    const app = framework()
    app.use(bearward.requireToken())
    const { url } = await serve(app)

    const response = await fetch(url)
    expect(response.status).toBe(401)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="api"')
    expect(await response.json()).toEqual({
      type: 'urn:example:no_credentials',
      status: 401,
      title: 'An access token is required.',
    })
  })
})
