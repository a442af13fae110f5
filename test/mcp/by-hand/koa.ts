import { createBearward, type KoaGuard } from '@bearward/koa'
import { createMcpGuard } from '@bearward/mcp/koa'
import type Koa from 'koa'
import { serve } from '../../frameworks/framework.ts'
import { FAILING, type McpComposition, NOT_PROTECTED } from './composition.ts'

const fail = async () => {
  throw new Error('The next handler failed.')
}

const MIDDLEWARES: readonly (readonly [
  name: string,
  middleware: (guard: KoaGuard) => Koa.Middleware,
  expected?: McpComposition['expected'],
])[] = [
  ['passes the guard itself to app.use', (guard) => guard],
  [
    'awaits guard(ctx, next)',
    (guard) => async (ctx, next) => {
      await guard(ctx, next)
    },
  ],
  ['returns guard(ctx, next)', (guard) => (ctx, next) => guard(ctx, next)],
  [
    'awaits guard(ctx) without next',
    (guard) => async (ctx) => {
      await (guard as (...args: unknown[]) => unknown)(ctx)
    },
    FAILING,
  ],
  [
    'awaits guard with a next that throws',
    (guard) => async (ctx, next) => {
      await guard(ctx, fail)
      if (ctx.status < 400) await next()
    },
    FAILING,
  ],
  [
    'calls guard(ctx, next) without await',
    (guard) => (ctx, next) => void guard(ctx, next),
    // Koa sends the response before the guard has decided.
    {
      'a good token': { status: 404, handled: 1 },
      'no token': { status: 404, handled: 0 },
      'a token without the scope of the tool': { status: 404, handled: 0 },
      'a body that is not JSON': { status: 404, handled: 0 },
    },
  ],
  [
    'calls the guard without await, and then next, which is documented as not protected',
    (guard) => (ctx, next) => {
      void guard(ctx, async () => {})
      return next()
    },
    NOT_PROTECTED,
  ],
  [
    'ignores the refusal, and then calls next, which is documented as not protected',
    (guard) => async (ctx, next) => {
      await guard(ctx, async () => {})
      await next()
    },
    NOT_PROTECTED,
  ],
]

export function koaCompositions(framework: () => Koa): readonly McpComposition[] {
  return MIDDLEWARES.map(([name, middleware, expected]) => ({
    name,
    ...(expected && { expected }),
    start(options, rules, handle) {
      const bearward = createBearward(options)
      const app = framework()
      app.silent = true
      app.use(middleware(createMcpGuard(bearward, rules).guard))
      app.use((ctx) => {
        const { auth } = ctx.req as { auth?: unknown }
        const { body } = ctx.request as { body?: unknown }
        handle({ authInfo: auth, parsedBody: body })
        ctx.body = {}
      })
      return serve(app.callback(), 16_384, bearward)
    },
  }))
}
