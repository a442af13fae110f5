import type { Lifecycle, Server } from '@hapi/hapi'
import { type Composition, FAILING, isRefused, PROTECTED, UNAWAITED_KIND } from '../composition.ts'
import { auth, createBearward, type HapiGuard, plugin } from './adapter.ts'
import { createApp, serveApp } from './mount.ts'

/** Adds one route with a guard to an application. `handler` is the handler behind the guard. */
type Compose = (app: Server, guard: HapiGuard, handler: Lifecycle.Method) => void

/** Makes a lifecycle method of a guard, as people write it by hand. */
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
    // Swallows the refusal.
  }
  return h.continue
}
const failing: Method = (guard) => async (request, h) => {
  await guard(request, h)
  throw new Error('the code behind the guard fails')
}

type Point = 'onPreAuth' | 'onPostAuth' | 'onPreHandler'

function ofApp(point: Point | 'onRequest', method: Method): Compose {
  return (app, guard, handler) => {
    app.ext(point, method(guard))
    app.route({ method: 'GET', path: '/', handler })
  }
}

function ofRoute(point: Point, method: Method): Compose {
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

/** A guard that is called and not awaited before the handler: the plugin holds the request. */
const HELD: Composition['expected'] = {
  'good, keys loading': { status: 500, handled: 0 },
  'refused, keys loading': { status: 500, handled: 0 },
}

/** The same where hapi offers no way to hold the handler: the plugin withholds the response. */
const WITHHELD: Composition['expected'] = {
  'good, keys loading': { status: 500, handled: 1 },
  'refused, keys loaded': { status: 401, handled: 1 },
  'refused, keys loading': { status: 500, handled: 1 },
}

/** The same without the plugin: documented as not protected. `auth` throws. */
const UNPROTECTED: Composition['expected'] = {
  'good, keys loading': { status: 200, handled: 1 },
  'refused, keys loaded': { status: 200, handled: 1 },
  'refused, keys loading': { status: 200, handled: 1 },
}

type Row = readonly [name: string, compose: Compose, expected?: Composition['expected']]

const COMPOSITIONS: readonly Row[] = [
  ['an onRequest extension', ofApp('onRequest', itself)],
  ['an onPreAuth extension', ofApp('onPreAuth', itself)],
  ['an onPreAuth extension of the route', ofRoute('onPreAuth', itself)],
  ['an onPreAuth extension that returns guard(request, h)', ofApp('onPreAuth', returned)],
  ['an onPreAuth extension that awaits', ofApp('onPreAuth', awaited)],
  ['an onPreAuth extension that fails behind the guard', ofApp('onPreAuth', failing), FAILING],
  ['an onPreAuth extension that does not await', ofApp('onPreAuth', notAwaited), HELD],
  ['an onPreAuth extension that catches the refusal', ofApp('onPreAuth', caught)],
  ['an onPostAuth extension that does not await', ofApp('onPostAuth', notAwaited), HELD],
  ['an onPreHandler extension', ofApp('onPreHandler', itself)],
  ['an onPreHandler extension of the route', ofRoute('onPreHandler', itself)],
  ['an onPreHandler extension that awaits', ofApp('onPreHandler', awaited)],
  ['an onPreHandler extension that does not await', ofApp('onPreHandler', notAwaited), HELD],
  [
    'an onPreHandler extension of the route that does not await',
    ofRoute('onPreHandler', notAwaited),
    HELD,
  ],
  ['a pre', asPre(itself)],
  ['a pre whose failAction is log', asPre(itself, 'log')],
  ['a pre that returns guard(request, h)', asPre(returned)],
  ['a pre that awaits', asPre(awaited)],
  ['a pre that awaits, whose failAction is log', asPre(awaited, 'log')],
  ['a pre that fails behind the guard', asPre(failing), FAILING],
  ['a pre that does not await', asPre(notAwaited), WITHHELD],
  ['an auth scheme that awaits', asScheme('required')],
  ['an auth scheme that awaits, in the mode try', asScheme('try')],
  ['an auth scheme that does not await', asScheme('required', false), HELD],
  ['the handler, which awaits', inHandler(awaited)],
  ['the handler, which does not await', inHandler(notAwaited), WITHHELD],
]

const WITHOUT_PLUGIN: readonly Row[] = [
  ['an onPreAuth extension', ofApp('onPreAuth', itself)],
  ['an onPreAuth extension that awaits', ofApp('onPreAuth', awaited)],
  ['a pre whose failAction is log', asPre(itself, 'log')],
  ['a pre that awaits', asPre(awaited)],
  ['an auth scheme that awaits', asScheme('required')],
  ['a pre that does not await', asPre(notAwaited), UNPROTECTED],
  ['an onPreAuth extension that does not await', ofApp('onPreAuth', notAwaited), UNPROTECTED],
]

type Bearward = ReturnType<typeof createBearward>

/** Makes a guard of `authorize`, by hand. */
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

/** Makes a guard that reads the `kind` of the promise. */
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
  { name: 'a pre that awaits authorize(request)', start: start(asPre(itself), byAuthorize) },
  {
    name: 'an onPreAuth extension that awaits authorize(request)',
    start: start(ofApp('onPreAuth', itself), byAuthorize),
  },
  {
    name: 'reads the kind of authorize(request) without await',
    expected: UNAWAITED_KIND,
    start: start(ofApp('onPreAuth', itself), byUnawaited),
  },
]
