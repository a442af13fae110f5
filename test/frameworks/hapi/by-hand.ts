import type { Lifecycle, Server } from '@hapi/hapi'
import { type Composition, FAILING, isRefused, PROTECTED, UNAWAITED_KIND } from '../composition.ts'
import { auth, createBearward, type HapiGuard, plugin } from './adapter.ts'
import { createApp, serveApp } from './mount.ts'

/** Adds a route with a guard to an application. `handler` is the handler behind the guard. */
type Compose = (app: Server, guard: HapiGuard, handler: Lifecycle.Method) => void

/** Creates a lifecycle method that calls a guard by hand. */
type Method = (guard: HapiGuard) => Lifecycle.Method

const itself: Method = (guard) => guard
const returned: Method = (guard) => (request, h) => guard(request, h)
const awaited: Method = (guard) => async (request, h) => {
  await guard(request, h)
  return h.continue
}
const notAwaited: Method = (guard) => (request, h) => {
  void guard(request, h)
  return h.continue
}
const caught: Method = (guard) => async (request, h) => {
  try {
    await guard(request, h)
  } catch {
    // Ignores the refusal.
  }
  return h.continue
}
const failing: Method = (guard) => async (request, h) => {
  await guard(request, h)
  throw new Error('The code behind the guard failed.')
}

type Point = 'onPreAuth' | 'onPostAuth' | 'onPreHandler'

function asAppExtension(point: Point | 'onRequest', method: Method): Compose {
  return (app, guard, handler) => {
    app.ext(point, method(guard))
    app.route({ method: 'GET', path: '/', handler })
  }
}

function asRouteExtension(point: Point, method: Method): Compose {
  return (app, guard, handler) => {
    const options = { ext: { [point]: { method: method(guard) } } }
    app.route({ method: 'GET', path: '/', options, handler })
  }
}

function asPre(method: Method, failAction: 'error' | 'log' = 'error'): Compose {
  return (app, guard, handler) => {
    const options = { pre: [{ method: method(guard), assign: 'caller', failAction }] }
    app.route({ method: 'GET', path: '/', options, handler })
  }
}

function asScheme(mode: 'required' | 'try', mayWait = true): Compose {
  return (app, guard, handler) => {
    app.auth.scheme('bearward', () => ({
      async authenticate(request, h) {
        if (mayWait) await guard(request, h)
        else void guard(request, h)
        return h.authenticated({ credentials: {} })
      },
    }))
    app.auth.strategy('bearward', 'bearward')
    app.route({
      method: 'GET',
      path: '/',
      options: { auth: { mode, strategy: 'bearward' } },
      handler,
    })
  }
}

function inHandler(method: Method): Compose {
  return (app, guard, handler) => {
    const first = method(guard)
    app.route({
      method: 'GET',
      path: '/',
      async handler(request, h) {
        await first.call(null, request, h)
        return handler.call(null, request, h)
      },
    })
  }
}

/** Results if a guard before the handler is not awaited: the plugin stops the request. */
const STOPPED: Composition['expected'] = {
  'good, keys loading': { status: 500, handled: 0 },
  'rejected, keys loading': { status: 500, handled: 0 },
}

/** Results if a guard is not awaited and hapi cannot stop the handler: the plugin replaces the response. */
const REPLACED: Composition['expected'] = {
  'good, keys loading': { status: 500, handled: 1 },
  'rejected, keys loaded': { status: 401, handled: 1 },
  'rejected, keys loading': { status: 500, handled: 1 },
}

/** Results without the plugin if a guard is not awaited, which is documented as not protected. `auth` throws. */
const UNPROTECTED: Composition['expected'] = {
  'good, keys loading': { status: 200, handled: 1 },
  'rejected, keys loaded': { status: 200, handled: 1 },
  'rejected, keys loading': { status: 200, handled: 1 },
}

type Row = readonly [name: string, compose: Compose, expected?: Composition['expected']]

const COMPOSITIONS: readonly Row[] = [
  ['uses an onRequest extension', asAppExtension('onRequest', itself)],
  ['uses an onPreAuth extension', asAppExtension('onPreAuth', itself)],
  ['uses an onPreAuth extension of the route', asRouteExtension('onPreAuth', itself)],
  [
    'uses an onPreAuth extension that returns guard(request, h)',
    asAppExtension('onPreAuth', returned),
  ],
  ['uses an onPreAuth extension that awaits the guard', asAppExtension('onPreAuth', awaited)],
  [
    'uses an onPreAuth extension that throws after the guard',
    asAppExtension('onPreAuth', failing),
    FAILING,
  ],
  [
    'uses an onPreAuth extension that does not await the guard',
    asAppExtension('onPreAuth', notAwaited),
    STOPPED,
  ],
  ['uses an onPreAuth extension that catches the refusal', asAppExtension('onPreAuth', caught)],
  [
    'uses an onPostAuth extension that does not await the guard',
    asAppExtension('onPostAuth', notAwaited),
    STOPPED,
  ],
  ['uses an onPreHandler extension', asAppExtension('onPreHandler', itself)],
  ['uses an onPreHandler extension of the route', asRouteExtension('onPreHandler', itself)],
  ['uses an onPreHandler extension that awaits the guard', asAppExtension('onPreHandler', awaited)],
  [
    'uses an onPreHandler extension that does not await the guard',
    asAppExtension('onPreHandler', notAwaited),
    STOPPED,
  ],
  [
    'uses an onPreHandler extension of the route, which does not await the guard',
    asRouteExtension('onPreHandler', notAwaited),
    STOPPED,
  ],
  ['uses a pre', asPre(itself)],
  ['uses a pre whose failAction is log', asPre(itself, 'log')],
  ['uses a pre that returns guard(request, h)', asPre(returned)],
  ['uses a pre that awaits the guard', asPre(awaited)],
  ['uses a pre that awaits the guard and has the failAction log', asPre(awaited, 'log')],
  ['uses a pre that throws after the guard', asPre(failing), FAILING],
  ['uses a pre that does not await the guard', asPre(notAwaited), REPLACED],
  ['uses an auth scheme that awaits the guard', asScheme('required')],
  ['uses an auth scheme that awaits the guard, in the mode try', asScheme('try')],
  ['uses an auth scheme that does not await the guard', asScheme('required', false), STOPPED],
  ['awaits the guard in the handler', inHandler(awaited)],
  ['does not await the guard in the handler', inHandler(notAwaited), REPLACED],
]

const WITHOUT_PLUGIN: readonly Row[] = [
  ['uses an onPreAuth extension', asAppExtension('onPreAuth', itself)],
  ['uses an onPreAuth extension that awaits the guard', asAppExtension('onPreAuth', awaited)],
  ['uses a pre whose failAction is log', asPre(itself, 'log')],
  ['uses a pre that awaits the guard', asPre(awaited)],
  ['uses an auth scheme that awaits the guard', asScheme('required')],
  ['uses a pre that does not await the guard', asPre(notAwaited), UNPROTECTED],
  [
    'uses an onPreAuth extension that does not await the guard',
    asAppExtension('onPreAuth', notAwaited),
    UNPROTECTED,
  ],
]

type Bearward = ReturnType<typeof createBearward>

/** Creates a guard from `authorize`. */
function byAuthorize(bearward: Bearward): HapiGuard {
  return async (request, h) => {
    const outcome = await bearward.authorize(request, { scope: 'read' })
    if (outcome.kind === 'granted') return h.continue
    throw Object.assign(new Error('refused'), {
      isBoom: true,
      output: { statusCode: outcome.kind === 'refused' ? outcome.status : 401, headers: {} },
    })
  }
}

/** Creates a guard that reads `kind` from the promise of `authorize`. */
function byUnawaited(bearward: Bearward): HapiGuard {
  return async (request, h) => {
    if (isRefused(bearward.authorize(request, { scope: 'read' }))) throw new Error('refused')
    return h.continue
  }
}

function start(
  compose: Compose,
  toGuard: (bearward: Bearward) => HapiGuard,
  plugins: readonly (typeof plugin)[] = [plugin],
): Composition['start'] {
  return async (options, handle) => {
    const bearward = createBearward(options)
    const app = createApp()
    await app.register([...plugins])
    compose(app, toGuard(bearward), (request) => {
      handle(() => auth(request))
      return {}
    })
    return serveApp(app, 65_536, bearward)
  }
}

const byRequireToken = (bearward: Bearward) => bearward.requireToken({ scope: 'read' })

export const hapiCompositions: readonly Composition[] = [
  ...COMPOSITIONS.map(([name, compose, expected = PROTECTED]): Composition => ({
    name,
    expected,
    start: start(compose, byRequireToken),
  })),
  ...WITHOUT_PLUGIN.map(([name, compose, expected = PROTECTED]): Composition => ({
    name: `${name}, without the plugin`,
    expected,
    start: start(compose, byRequireToken, []),
  })),
  { name: 'uses a pre that awaits authorize(request)', start: start(asPre(itself), byAuthorize) },
  {
    name: 'uses an onPreAuth extension that awaits authorize(request)',
    start: start(asAppExtension('onPreAuth', itself), byAuthorize),
  },
  {
    name: 'reads the kind of authorize(request) without await',
    expected: UNAWAITED_KIND,
    start: start(asAppExtension('onPreAuth', itself), byUnawaited),
  },
]
