import { createBearward, type ExpressGuard } from '@bearward/express'
import { createMcpGuard } from '@bearward/mcp/express'
import type express from 'express'
import { serve } from '../../frameworks/framework.ts'
import { FAILING, type McpComposition, NOT_PROTECTED } from './composition.ts'

const fail = () => {
  throw new Error('The next handler failed.')
}

const MIDDLEWARES: readonly (readonly [
  name: string,
  middleware: (guard: ExpressGuard) => express.RequestHandler,
  expected?: McpComposition['expected'],
])[] = [
  ['passes the guard itself to app.use', (guard) => guard],
  [
    'awaits guard(req, res, next)',
    (guard) => async (req, res, next) => {
      await guard(req, res, next)
    },
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
    'awaits guard(req, res) without next',
    (guard) => async (req, res, next) => {
      try {
        await (guard as (...args: unknown[]) => unknown)(req, res)
        next()
      } catch (error) {
        next(error)
      }
    },
    FAILING,
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
    'calls the guard without await, and then next, which is documented as not protected',
    (guard) => (req, res, next) => {
      void guard(req, res, () => {})
      next()
    },
    NOT_PROTECTED,
  ],
]

export function expressCompositions(framework: () => ReturnType<typeof express>) {
  return MIDDLEWARES.map(([name, middleware, expected]): McpComposition => ({
    name,
    ...(expected && { expected }),
    start(options, rules, handle) {
      const bearward = createBearward(options)
      const app = framework()
      app.use(middleware(createMcpGuard(bearward, rules).guard))
      app.use((req, res) => {
        const { auth, body } = req as unknown as { auth?: unknown; body?: unknown }
        handle({ authInfo: auth, parsedBody: body })
        // A guard that was not awaited may have sent its refusal.
        if (!res.headersSent) res.json({})
      })
      app.use(((_error, _req, res, _next) => {
        if (!res.headersSent) res.status(500).end()
      }) satisfies express.ErrorRequestHandler)
      return serve(app, 16_384, bearward)
    },
  }))
}
