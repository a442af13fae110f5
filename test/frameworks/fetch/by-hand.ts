import { auth, type Bearward, createBearward, type FetchGuard, type Handler } from '@bearward/fetch'
import { getRequestListener } from '@hono/node-server'
import { type Composition, FAILING, isRefused, UNAWAITED_KIND } from '../composition.ts'
import { serve } from '../framework.ts'

/** Creates a handler that calls a guard by hand. `respond` is the handler behind the guard. */
type Compose = (bearward: Bearward, respond: Handler) => Handler

const byGuard =
  (compose: (guard: FetchGuard, respond: Handler) => Handler): Compose =>
  (bearward, respond) =>
    compose(bearward.requireToken({ scope: 'read' }), respond)

/** Reads a member of a value, as in code without types. */
const read = (value: unknown, name: string): unknown => (value as Record<string, unknown>)[name]

/** Results of code that ignores a refusal. The handler runs, and `auth` throws. */
const IGNORED: Composition['expected'] = {
  'rejected, keys loaded': { status: 200, handled: 1 },
  'rejected, keys loading': { status: 200, handled: 1 },
}

/** Results of code that uses the result of the guard without `await`, or that does not call the guard: an error is thrown. */
const THROWING: Composition['expected'] = UNAWAITED_KIND

const COMPOSITIONS: readonly (readonly [
  name: string,
  compose: Compose,
  expected?: Composition['expected'],
])[] = [
  ['uses protect', ({ protect }, respond) => protect({ scope: 'read' }, respond)],
  [
    'uses protect around protect',
    ({ protect }, respond) =>
      protect({}, (request) => protect({ scope: 'read' }, respond)(request)),
  ],
  [
    'uses protect, and its handler throws',
    ({ protect }) =>
      protect({ scope: 'read' }, () => {
        throw new Error('The handler failed.')
      }),
    FAILING,
  ],
  [
    'awaits the guard and returns its Response',
    byGuard((guard, respond) => async (request) => {
      const passed = await guard(request)
      return passed instanceof Response ? passed : respond(request)
    }),
  ],
  [
    'awaits the guard and checks its result for a token',
    byGuard((guard, respond) => async (request) => {
      const passed = await guard(request)
      return 'token' in passed ? respond(request) : new Response(null, { status: 401 })
    }),
  ],
  [
    'reads token from the result of the guard without await',
    byGuard((guard, respond) => (request) => {
      const passed = guard(request)
      if (passed instanceof Response) return passed
      return read(passed, 'token') === undefined ? respond(request) : respond(request)
    }),
    THROWING,
  ],
  [
    'destructures the result of the guard without await',
    byGuard((guard, respond) => (request) => {
      const { token } = guard(request) as unknown as { token: unknown }
      return token === undefined ? respond(request) : respond(request)
    }),
    THROWING,
  ],
  [
    'checks the result of the guard for a Response without await',
    byGuard((guard, respond) => (request) => {
      const passed: unknown = guard(request)
      return passed instanceof Response ? passed : respond(request)
    }),
    THROWING,
  ],
  [
    'awaits requireToken, and forgets to call the guard',
    (bearward, respond) => async (request) => {
      const guard: unknown = bearward.requireToken({ scope: 'read' })
      const passed = await guard
      return passed instanceof Response ? passed : respond(request)
    },
    THROWING,
  ],
  [
    'ignores the result of the guard, which is documented as not protected',
    byGuard((guard, respond) => async (request) => {
      await guard(request)
      return respond(request)
    }),
    IGNORED,
  ],
  [
    'passes the URL instead of the Request',
    byGuard((guard, respond) => async (request) => {
      const passed = await guard(request.url as never)
      return passed instanceof Response ? passed : respond(request)
    }),
    UNAWAITED_KIND,
  ],
  [
    'awaits authorize(request)',
    ({ authorize }, respond) =>
      async (request) => {
        const outcome = await authorize(request, { scope: 'read' })
        if (outcome.kind === 'granted') return respond(request)
        return new Response(outcome.body, { status: outcome.status })
      },
  ],
  [
    'reads the kind of authorize(request) without await',
    ({ authorize }, respond) =>
      (request) =>
        isRefused(authorize(request, { scope: 'read' }))
          ? new Response(null, { status: 401 })
          : respond(request),
    UNAWAITED_KIND,
  ],
]

export const fetchCompositions: readonly Composition[] = COMPOSITIONS.map(
  ([name, compose, expected]): Composition => ({
    name,
    ...(expected && { expected }),
    start(options, handle) {
      const bearward = createBearward(options)
      const handler = compose(bearward, (request) => {
        handle(() => auth(request))
        return Response.json({})
      })
      const listener = getRequestListener(async (request) => handler(request), {
        errorHandler: () => new Response(null, { status: 500 }),
      })
      return serve(listener, 65_536, bearward)
    },
  }),
)
