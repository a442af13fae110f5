import '@bearward/koa/req-auth'
import Koa, { type Context } from 'koa'
import Koa2 from 'koa2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { bearer } from '../../../test/support/requests.ts'
import { listen, type RunningServer } from '../../../test/support/servers.ts'
import { trusting } from '../../../test/support/trusting.ts'
import { auth, createBearward, requireToken } from '../src/index.ts'

const issuer = createTestIssuer()

afterEach(() => {
  delete process.env['BEARWARD_ISSUER']
  delete process.env['BEARWARD_AUDIENCE']
})

async function serve(app: Koa): Promise<RunningServer> {
  return closing(await listen(app.callback()))
}

function bearwardWith(more: Record<string, unknown> = {}) {
  const { options, events } = trusting(issuer, more)
  return { bearward: createBearward(options), events }
}

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
])('@bearward/koa on %s', (_name, Framework) => {
  let app: Koa

  beforeEach(() => {
    app = new Framework()
    app.silent = true
  })

  it('requireToken() passes the verified token to the handler, and refuses a request without a token', async () => {
    const { bearward } = bearwardWith()
    app.use(bearward.requireToken({ scope: 'read' }))
    app.use((ctx) => {
      ctx.body = { id: auth(ctx).subject.id, same: ctx.state.auth === auth(ctx) }
    })
    const { url } = await serve(app)

    expect(await (await fetch(url, bearer(issuer.token()))).json()).toEqual({
      id: 'reports-cron',
      same: true,
    })
    const refused = await fetch(url)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="api", scope="read"')
  })

  it('requireToken() verifies a token once for several guards, and ignores a value of ctx.state.auth that other code has set', async () => {
    const { bearward, events } = bearwardWith()
    app.use((ctx, next) => {
      ctx.state.auth = { scopes: ['admin'] } as unknown as NonNullable<typeof ctx.state.auth>
      return next()
    })
    app.use(bearward.requireToken({ optional: true }))
    app.use(async (ctx, next) => {
      if (ctx.path === '/admin') await bearward.requireToken({ scope: 'admin' })(ctx, next)
      else ctx.body = { auth: ctx.state.auth ?? null }
    })
    const { url } = await serve(app)

    expect(await (await fetch(url)).json()).toEqual({ auth: null })
    expect((await fetch(`${url}/admin`)).status).toBe(401)
    expect((await fetch(`${url}/admin`, bearer(issuer.token()))).status).toBe(403)
    expect(events.filter((event) => event.type === 'verified')).toHaveLength(1)
  })

  it('requireToken() passes errors of a handler and of a check to the error event of the app', async () => {
    const { bearward } = bearwardWith()
    const reported: string[] = []
    let handled = 0
    app.on('error', (error: Error) => reported.push(error.message))
    app.silent = false
    const check = () => {
      throw new Error('from the check')
    }
    app.use((ctx, next) => bearward.requireToken(ctx.path === '/check' ? { check } : {})(ctx, next))
    app.use(() => {
      handled++
      throw new Error('from the handler')
    })
    const { url } = await serve(app)

    expect((await fetch(`${url}/check`, bearer(issuer.token()))).status).toBe(500)
    expect((await fetch(url, bearer(issuer.token()))).status).toBe(500)
    expect(reported).toEqual(['from the check', 'from the handler'])
    expect(handled).toBe(1)
  })

  it('requireToken() calls check with the Koa context', async () => {
    const { bearward } = bearwardWith()
    const check = async (_token: unknown, ctx: Context) => ctx.path === '/open'
    app.use(bearward.requireToken({ check }))
    app.use((ctx) => void (ctx.body = 'in'))
    const { url } = await serve(app)

    expect((await fetch(`${url}/open`, bearer(issuer.token()))).status).toBe(200)
    expect((await fetch(`${url}/closed`, bearer(issuer.token()))).status).toBe(403)
  })

  it('requireToken without parentheses throws an error that shows the right call', async () => {
    const { bearward } = bearwardWith()
    const reported: string[] = []
    app.on('error', (error: Error) => reported.push(error.message))
    app.silent = false
    app.use(bearward.requireToken as unknown as Koa.Middleware)
    const { url } = await serve(app)

    expect((await fetch(url, bearer(issuer.token()))).status).toBe(500)
    expect(reported.join()).toContain('Write requireToken() with parentheses')
  })

  it('auth(ctx) throws an error that names the cause if no guard has granted the request', async () => {
    app.use((ctx) => {
      try {
        ctx.body = auth(ctx)
      } catch (error) {
        ctx.body = (error as Error).message
      }
    })
    const { url } = await serve(app)
    expect(await (await fetch(url)).text()).toContain('before a guard granted the request')
  })

  it('the exported requireToken() throws if BEARWARD_ISSUER is not set, and otherwise responds with a challenge for its scope', async () => {
    expect(() => requireToken()).toThrow('BEARWARD_ISSUER is not set')
    Object.assign(process.env, { BEARWARD_ISSUER: ISSUER, BEARWARD_AUDIENCE: AUDIENCE })
    app.use(requireToken({ scope: 'read' }))
    const { url } = await serve(app)
    expect((await fetch(url)).headers.get('www-authenticate')).toBe(
      'Bearer realm="api", scope="read"',
    )
  })
})
