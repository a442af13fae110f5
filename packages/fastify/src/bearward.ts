import {
  ConfigurationError,
  createResourceServer,
  type Outcome,
  type Refused,
  type RequestLike,
  type Requirements,
  type ResourceServer,
  type ResourceServerOptions,
  type ResponseHeaders,
  resourceServerFromEnv,
} from '@bearward/core'
import type {
  FastifyInstance,
  FastifyPluginCallback,
  FastifyReply,
  FastifyRequest,
  HookHandlerDoneFunction,
  RawServerBase,
  RouteGenericInterface,
} from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'

/** What a guard asks of the caller. `check` gets the Fastify request. */
export type FastifyRequirements = Requirements<FastifyRequest>

type AnyRequest = FastifyRequest<RouteGenericInterface, RawServerBase>
type AnyReply = FastifyReply<RouteGenericInterface, RawServerBase>

/** An `onRequest` hook for any app, whatever its server (HTTP/2, say), its log and its types are. */
export type FastifyGuard = (
  request: AnyRequest,
  reply: AnyReply,
  done: HookHandlerDoneFunction,
) => void

/** The guards of one configuration, and the plugin they need. Made by `createBearward`. */
export interface Bearward extends Pick<
  ResourceServer,
  'ready' | 'status' | 'distrustKey' | 'verify' | 'close'
> {
  /** Decorates requests with `auth`, and closes the resource server with the app. Register it once. */
  readonly plugin: FastifyPluginCallback
  /**
   * Makes an `onRequest` hook for a route, a prefix or the whole app, that lets a request pass if it
   * carries a valid token that meets the requirements, and answers it otherwise. Throws a
   * `ConfigurationError` where the requirements are wrong; the app does not start where the plugin is not
   * registered.
   */
  readonly requireToken: (requirements?: FastifyRequirements) => FastifyGuard
}

/** Makes the guards of one configuration. Throws a `ConfigurationError` that names every problem. */
export function createBearward(options: ResourceServerOptions<FastifyRequest>): Bearward {
  const server = createResourceServer(options as ResourceServerOptions)
  const registered = Symbol('bearward')
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    app.decorate(registered, true)
    if (!app.hasRequestDecorator('auth')) app.decorateRequest('auth', undefined)
    app.addHook('onClose', async () => server.close())
    done()
  }
  return {
    plugin: fastifyPlugin(plugin, { fastify: '5.x', name: '@bearward/fastify' }),
    requireToken: (...requirements) => needing(registered, createGuard(server, requirements)),
    ready: server.ready,
    status: server.status,
    distrustKey: server.distrustKey,
    verify: server.verify,
    close: server.close,
  }
}

/**
 * The same as `createBearward(...).requireToken`, configured from the `BEARWARD_*` environment variables
 * when it is called, and without a plugin: all guards that are made under one environment share one
 * configuration.
 *
 * Throws a `ConfigurationError` where the variables or the requirements are wrong.
 */
export function requireToken(...requirements: [FastifyRequirements?]): FastifyGuard {
  return createGuard(resourceServerFromEnv(process.env), requirements)
}

function createGuard(server: ResourceServer, requirements: readonly unknown[]): FastifyGuard {
  // Passed on as they came: an argument that is there but undefined is a mistake for the core to find.
  const guard = server.guard(...(requirements as [Requirements]))
  return function bearwardGuard(request, reply, done) {
    const outcome = guard(toRequestLike(request))
    if (outcome instanceof Promise)
      outcome.then((known) => settle(known, request, reply, done), done)
    else settle(outcome, request, reply, done)
  }
}

/**
 * Fastify binds each hook to the instance it belongs to when the app gets ready: the moment at which a
 * forgotten plugin can still stop the app.
 */
function needing(plugin: symbol, hook: FastifyGuard): FastifyGuard {
  return Object.defineProperty(hook, 'bind', {
    value(app: FastifyInstance) {
      if (app.hasDecorator(plugin)) return Function.prototype.bind.call(hook, app) as unknown
      throw new ConfigurationError('requireToken is used without its plugin', [
        'Register it on the app, or on what the route belongs to: app.register(bearward.plugin).',
      ])
    },
  })
}

function toRequestLike(request: AnyRequest): RequestLike {
  const { method, originalUrl: url, raw } = request
  return { method, url, rawHeaders: raw.rawHeaders, headers: raw.headers, raw: request }
}

function settle(
  outcome: Outcome,
  request: AnyRequest,
  reply: AnyReply,
  done: HookHandlerDoneFunction,
): void {
  try {
    if (outcome.kind === 'refused') {
      answer(outcome, request, reply)
      return
    }
    void reply.headers(toMutable(outcome.headers))
    request.auth = outcome.kind === 'granted' ? outcome.token : undefined
  } catch (error) {
    done(error as Error)
    return
  }
  // Outside the `try`: an error thrown by a later handler must not become a refusal.
  done()
}

function answer(refusal: Refused, request: AnyRequest, reply: AnyReply): void {
  const { reason, explanation, status, headers, body } = refusal
  request.log[status === 503 ? 'warn' : 'info']({ reason, ...explanation }, 'request refused')
  // As bytes, so that neither a serializer nor a charset is put to it.
  if (!reply.sent) void reply.code(status).headers(toMutable(headers)).send(Buffer.from(body))
}

/** Fastify's types have no readonly arrays. */
function toMutable(headers: ResponseHeaders): Record<string, string | string[]> {
  return headers as Record<string, string | string[]>
}
