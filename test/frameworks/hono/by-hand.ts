import { auth, type Bearward, createBearward } from '@bearward/fetch/hono'
import { getRequestListener } from '@hono/node-server'
import { Hono, type Context, type MiddlewareHandler, type Next } from 'hono'
import {
  type Composition,
  FAILING,
  isRefused,
  NOT_AWAITED,
  PROTECTED,
  UNAWAITED_KIND,
} from '../composition.ts'
import { serve } from '../framework.ts'

type Middleware = (guard: MiddlewareHandler) => MiddlewareHandler

const fail = async () => {
  throw new Error('The next handler failed.')
}

/** A guard whose result and arguments are not checked, as in code without types. */
type Untyped = (context: Context, next?: Next) => Promise<Response | void>

const MIDDLEWARES: readonly (readonly [
  name: string,
  middleware: Middleware,
  expected?: Composition['expected'],
])[] = [
  ['passes the guard itself to app.use', (guard) => guard],
  ['returns guard(c, next)', (guard) => (c, next) => guard(c, next)],
  [
    'awaits guard(c, next) and does not return its result',
    (guard) => async (c, next) => {
      await guard(c, next)
    },
  ],
  [
    'awaits guard(c) without next',
    (guard) => async (c, next) => {
      await (guard as Untyped)(c)
      await next()
    },
    {
      ...FAILING,
      // The refusal stays the response, but the handler runs: its response is dropped.
      'rejected, keys loaded': { status: 401, handled: 1 },
      'rejected, keys loading': { status: 401, handled: 1 },
    },
  ],
  [
    'awaits guard with a next that throws',
    (guard) => async (c, next) => {
      const result = await guard(c, fail)
      return result ?? next()
    },
    FAILING,
  ],
  [
    'calls guard(c, next) without await',
    (guard) =>
      (async (c, next) => {
        void guard(c, next)
      }) satisfies MiddlewareHandler,
    {
      ...PROTECTED,
      'good, keys loaded': { status: 200, handled: 1 },
      // Hono has no response yet, and reports this mistake.
      'good, keys loading': { status: 500, handled: 1 },
      'rejected, keys loading': { status: 500, handled: 0 },
    },
  ],
  [
    'calls guard without await, and then next, which is documented as not protected',
    (guard) => async (c, next) => {
      void guard(c, async () => {})
      await next()
    },
    { ...NOT_AWAITED },
  ],
]

export const honoCompositions: readonly Composition[] = [
  ...MIDDLEWARES.map(([name, middleware, expected]): Composition => ({
    name,
    ...(expected && { expected }),
    start: start((bearward) => middleware(bearward.requireToken({ scope: 'read' }))),
  })),
  {
    name: 'awaits authorize(c)',
    start: start(({ authorize }) => async (c, next) => {
      const outcome = await authorize(c, { scope: 'read' })
      return outcome.kind === 'granted' ? next() : c.body(null, 401)
    }),
  },
  {
    name: 'reads the kind of authorize(c) without await',
    expected: UNAWAITED_KIND,
    start: start(
      ({ authorize }) =>
        async (c, next) =>
          isRefused(authorize(c, { scope: 'read' })) ? c.body(null, 401) : next(),
    ),
  },
]

function start(middleware: (bearward: Bearward) => MiddlewareHandler): Composition['start'] {
  return (options, handle) => {
    const bearward = createBearward(options)
    const app = new Hono()
    app.use(middleware(bearward))
    app.get('/', (context) => {
      handle(() => auth(context))
      return context.json({})
    })
    app.onError((_error, context) => context.body(null, 500))
    return serve(getRequestListener(app.fetch), 65_536, bearward)
  }
}
