import { auth, createBearward, type ExpressGuard } from '@bearward/express'
import type express from 'express'
import { serve } from '../framework.ts'
import {
  type Composition,
  FAILING,
  isRefused,
  NOT_AWAITED,
  UNAWAITED_KIND,
} from '../composition.ts'

type Express = () => ReturnType<typeof express>
type Middleware = (guard: ExpressGuard) => express.RequestHandler

const fail = () => {
  throw new Error('The next handler failed.')
}

/** Middlewares that call a guard by hand. */
const MIDDLEWARES: readonly (readonly [
  name: string,
  middleware: Middleware,
  expected?: Composition['expected'],
])[] = [
  ['passes the guard itself to app.use', (guard) => guard],
  [
    'awaits guard(req, res, next)',
    (guard) => async (req, res, next) => {
      await guard(req, res, next)
    },
  ],
  [
    'awaits guard(req, res) without next',
    (guard) => async (req, res, next) => {
      try {
        await (guard as (...args: unknown[]) => unknown)(req, res)
      } catch (error) {
        next(error)
        return
      }
      next()
    },
    FAILING,
  ],
  ['returns guard(req, res, next)', (guard) => (req, res, next) => guard(req, res, next)],
  ['calls guard(req, res, next)', (guard) => (req, res, next) => void guard(req, res, next)],
  [
    'awaits guard(req, res, () => {}), then calls next',
    (guard) => async (req, res, next) => {
      await guard(req, res, () => {})
      next()
    },
  ],
  [
    'awaits guard with a next that throws',
    (guard) => async (req, res, next) => {
      try {
        await guard(req, res, fail)
        next()
      } catch (error) {
        next(error)
      }
    },
    FAILING,
  ],
  [
    'calls guard(req, res, () => {}) without await, then next',
    (guard) => (req, res, next) => {
      void guard(req, res, () => {})
      next()
    },
    NOT_AWAITED,
  ],
  [
    'calls guard with a next that throws, without await',
    (guard) => (req, res, next) => {
      try {
        void guard(req, res, fail)
      } catch {}
      next()
    },
    NOT_AWAITED,
  ],
]

export function expressCompositions(framework: Express): readonly Composition[] {
  const byHand = MIDDLEWARES.map(([name, middleware, expected]): Composition => ({
    name,
    ...(expected && { expected }),
    start(options, handle) {
      const bearward = createBearward(options)
      const app = framework()
      app.use(middleware(bearward.requireToken({ scope: 'read' })))
      app.use(handler(handle))
      app.use(silent)
      return serve(app, 65_536, bearward)
    },
  }))
  return [
    ...byHand,
    {
      name: 'awaits authorize(req)',
      start(options, handle) {
        const bearward = createBearward(options)
        const app = framework()
        app.use((req, res, next) => {
          bearward.authorize(req, { scope: 'read' }).then((outcome) => {
            if (outcome.kind === 'granted') next()
            else res.status(outcome.kind === 'refused' ? outcome.status : 401).end()
          }, next)
        })
        app.use(handler(handle))
        return serve(app, 65_536, bearward)
      },
    },
    {
      name: 'reads the kind of authorize(req) without await',
      expected: UNAWAITED_KIND,
      start(options, handle) {
        const bearward = createBearward(options)
        const app = framework()
        app.use((req, res, next) => {
          if (isRefused(bearward.authorize(req, { scope: 'read' }))) res.status(401).end()
          else next()
        })
        app.use(handler(handle))
        app.use(silent)
        return serve(app, 65_536, bearward)
      },
    },
  ]
}

function handler(handle: (auth: () => unknown) => void): express.RequestHandler {
  return (req, res) => {
    handle(() => auth(req))
    // A guard that was not awaited may have sent its refusal.
    if (!res.headersSent) res.json({})
  }
}

/** Responds to errors without logging them. */
const silent: express.ErrorRequestHandler = (_error, _req, res, _next) => {
  if (!res.headersSent) res.status(500).end()
}
