import { createBearward } from '@bearward/fetch'
import { createBearward as createHonoBearward } from '@bearward/fetch/hono'
import { createMcpGuard, type McpCall, type McpGuard } from '@bearward/mcp'
import { createMcpGuard as createHonoGuard, type McpGuard as HonoGuard } from '@bearward/mcp/hono'
import { getRequestListener } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'
import { serve } from '../../frameworks/framework.ts'
import { FAILING, type McpComposition, NOT_PROTECTED } from './composition.ts'

type Respond = (request: Request, call: McpCall) => Response
type Handle = (request: Request) => Promise<Response>

/** Handlers that are created by `protect`. */
const HANDLERS: readonly (readonly [
  name: string,
  compose: (mcp: McpGuard, respond: Respond) => Handle,
  expected?: McpComposition['expected'],
])[] = [
  ['uses protect', (mcp, respond) => mcp.protect(respond)],
  [
    'uses protect around protect',
    (mcp, respond) => mcp.protect((request) => mcp.protect(respond)(request)),
  ],
  [
    'uses protect, and its handler throws',
    (mcp) =>
      mcp.protect(() => {
        throw new Error('The handler failed.')
      }),
    FAILING,
  ],
  [
    'does not await protect, and then responds',
    (mcp, respond) => async (request) => {
      void mcp
        .protect(respond)(request)
        .catch(() => {})
      return new Response(null, { status: 204 })
    },
    {
      'a good token': { status: 204, handled: 1 },
      'no token': { status: 204, handled: 0 },
      'a token without the scope of the tool': { status: 204, handled: 0 },
      'a body that is not JSON': { status: 204, handled: 0 },
    },
  ],
  [
    'passes the address instead of the request',
    (mcp, respond) => (request) => mcp.protect(respond)(request.url as never),
    {
      'a good token': { status: 500, handled: 0 },
      'no token': { status: 500, handled: 0 },
      'a token without the scope of the tool': { status: 500, handled: 0 },
      'a body that is not JSON': { status: 500, handled: 0 },
    },
  ],
  [
    'reads the body before the guard',
    (mcp, respond) => async (request) => {
      await request.text()
      return mcp.protect(respond)(request)
    },
    {
      'a good token': { status: 500, handled: 0 },
      'a token without the scope of the tool': { status: 500, handled: 0 },
      'a body that is not JSON': { status: 500, handled: 0 },
    },
  ],
]

export const fetchCompositions: readonly McpComposition[] = HANDLERS.map(
  ([name, compose, expected]) => ({
    name,
    ...(expected && { expected }),
    start(options, rules, handle) {
      const bearward = createBearward(options)
      const handler = compose(createMcpGuard(bearward, rules), (_request, call) => {
        handle(call)
        return Response.json({})
      })
      const errorHandler = () => new Response(null, { status: 500 })
      return serve(getRequestListener(handler, { errorHandler }), 16_384, bearward)
    },
  }),
)

const fail = async () => {
  throw new Error('The next handler failed.')
}

/** Middlewares of Hono that call the guard by hand. */
const MIDDLEWARES: readonly (readonly [
  name: string,
  middleware: (guard: HonoGuard['guard']) => MiddlewareHandler,
  expected?: McpComposition['expected'],
])[] = [
  ['passes the guard itself to app.use', (guard) => guard as MiddlewareHandler],
  ['returns guard(c, next)', (guard) => (c, next) => guard(c, next)],
  [
    'awaits guard(c, next) and does not return its result',
    (guard) => async (c, next) => {
      await guard(c, next)
    },
  ],
  [
    'awaits guard with a next that throws',
    (guard) => async (c, next) => (await guard(c, fail)) ?? next(),
    FAILING,
  ],
  [
    'calls guard(c, next) without await',
    (guard) =>
      (async (c, next) => {
        void guard(c, next)
      }) satisfies MiddlewareHandler,
    // Hono has no response yet, and reports this mistake.
    {
      'a good token': { status: 500, handled: 1 },
      'no token': { status: 500, handled: 0 },
      'a token without the scope of the tool': { status: 500, handled: 0 },
      'a body that is not JSON': { status: 500, handled: 0 },
    },
  ],
  [
    'uses the guard twice',
    (guard) => (c, next) => guard(c, async () => void (await guard(c, next))),
  ],
  [
    'reads the body before the guard',
    (guard) => async (c, next) => {
      await c.req.text()
      return guard(c, next)
    },
  ],
  [
    'calls the guard without await, and then next, which is documented as not protected',
    (guard) => async (c, next) => {
      void guard(c, async () => {})
      await next()
    },
    NOT_PROTECTED,
  ],
]

export const honoCompositions: readonly McpComposition[] = MIDDLEWARES.map(
  ([name, middleware, expected]) => ({
    name,
    ...(expected && { expected }),
    start(options, rules, handle) {
      const bearward = createHonoBearward(options)
      const app = new Hono<{ Variables: { auth: unknown; parsedBody: unknown } }>()
      app.use(middleware(createHonoGuard(bearward, rules).guard))
      app.all('/mcp', (context) => {
        handle({ authInfo: context.get('auth'), parsedBody: context.get('parsedBody') })
        return context.json({})
      })
      app.onError((_error, context) => context.body(null, 500))
      return serve(getRequestListener(app.fetch), 16_384, bearward)
    },
  }),
)
