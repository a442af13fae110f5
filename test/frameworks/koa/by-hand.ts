import { auth, createBearward, type KoaGuard } from '@bearward/koa'
import type Koa from 'koa'
import { serve } from '../framework.ts'
import {
  type Composition,
  FAILING,
  isRefused,
  NOT_AWAITED,
  PROTECTED,
  UNAWAITED_KIND,
} from '../composition.ts'

type Middleware = (guard: KoaGuard) => Koa.Middleware

const fail = async () => {
  throw new Error('The next handler failed.')
}

const MIDDLEWARES: readonly (readonly [
  name: string,
  middleware: Middleware,
  expected?: Composition['expected'],
])[] = [
  ['passes the guard itself to app.use', (guard) => guard],
  [
    'awaits guard(ctx, next)',
    (guard) => async (ctx, next) => {
      await guard(ctx, next)
    },
  ],
  [
    'awaits guard(ctx) without next',
    (guard) => async (ctx) => {
      await (guard as (...args: unknown[]) => unknown)(ctx)
    },
    FAILING,
  ],
  ['returns guard(ctx, next)', (guard) => (ctx, next) => guard(ctx, next)],
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
    // Koa sends the response before the handler has run.
    {
      ...PROTECTED,
      'good, keys loading': { status: 404, handled: 1 },
      'rejected, keys loading': { status: 404, handled: 0 },
    },
  ],
  [
    'calls guard with a next that throws, without await',
    (guard) => (ctx, next) => {
      void guard(ctx, fail)
      return next()
    },
    { ...NOT_AWAITED },
  ],
  [
    'awaits guard(ctx, async () => {}), then calls next, which is documented as not protected',
    (guard) => async (ctx, next) => {
      await guard(ctx, async () => {})
      await next()
    },
    { ...NOT_AWAITED, 'good, keys loading': PROTECTED['good, keys loading'] },
  ],
]

export function koaCompositions(framework: () => Koa): readonly Composition[] {
  const start =
    (
      middleware: (bearward: ReturnType<typeof createBearward>) => Koa.Middleware,
    ): Composition['start'] =>
    (options, handle) => {
      const bearward = createBearward(options)
      const app = framework()
      app.silent = true
      app.use(middleware(bearward))
      app.use((ctx) => {
        handle(() => auth(ctx))
        ctx.body = {}
      })
      return serve(app.callback(), 65_536, bearward)
    }
  return [
    ...MIDDLEWARES.map(([name, middleware, expected]): Composition => ({
      name,
      ...(expected && { expected }),
      start: start((bearward) => middleware(bearward.requireToken({ scope: 'read' }))),
    })),
    {
      name: 'awaits authorize(ctx)',
      start: start((bearward) => async (ctx, next) => {
        const outcome = await bearward.authorize(ctx, { scope: 'read' })
        if (outcome.kind === 'granted') return next()
        ctx.status = outcome.kind === 'refused' ? outcome.status : 401
      }),
    },
    {
      name: 'reads the kind of authorize(ctx) without await',
      expected: UNAWAITED_KIND,
      start: start((bearward) => (ctx, next) => {
        if (!isRefused(bearward.authorize(ctx, { scope: 'read' }))) return next()
        ctx.status = 401
        return undefined
      }),
    },
  ]
}
