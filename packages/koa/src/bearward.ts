import {
  createResourceServer,
  type Refused,
  type RequestLike,
  type Requirements,
  type ResourceServer,
  type ResourceServerOptions,
  type ResponseHeaders,
  resourceServerFromEnv,
} from '@bearward/core'
import type { Context, Middleware } from 'koa'

/** What a guard asks of the caller. `check` gets the Koa context. */
export type KoaRequirements = Requirements<Context>

/** The guards of one configuration. Made by `createBearward`. */
export interface Bearward extends Pick<
  ResourceServer,
  'ready' | 'status' | 'distrustKey' | 'verify' | 'close'
> {
  /**
   * Makes a middleware that lets a request pass if it carries a valid token that meets the requirements,
   * and answers it otherwise. Throws a `ConfigurationError` where the requirements are wrong.
   */
  readonly requireToken: (requirements?: KoaRequirements) => Middleware
}

/** Makes the guards of one configuration. Throws a `ConfigurationError` that names every problem. */
export function createBearward(options: ResourceServerOptions<Context>): Bearward {
  const server = createResourceServer(options as ResourceServerOptions)
  return {
    requireToken: (...requirements) => createGuard(server, requirements),
    ready: server.ready,
    status: server.status,
    distrustKey: server.distrustKey,
    verify: server.verify,
    close: server.close,
  }
}

/**
 * The same as `createBearward(...).requireToken`, configured from the `BEARWARD_*` environment variables
 * when it is called: all guards that are made under one environment share one configuration.
 *
 * Throws a `ConfigurationError` where the variables or the requirements are wrong.
 */
export function requireToken(...requirements: [KoaRequirements?]): Middleware {
  return createGuard(resourceServerFromEnv(process.env), requirements)
}

function createGuard(server: ResourceServer, requirements: readonly unknown[]): Middleware {
  // Passed on as they came: an argument that is there but undefined is a mistake for the core to find.
  const guard = server.guard(...(requirements as [Requirements]))
  return async function bearwardGuard(context, next) {
    const outcome = await guard(toRequestLike(context))
    if (outcome.kind === 'refused') {
      answer(outcome, context)
      return
    }
    writeHeaders(outcome.headers, context)
    if (outcome.kind === 'granted') context.state.auth = outcome.token
    else delete context.state.auth
    await next()
  }
}

function toRequestLike(context: Context): RequestLike {
  const { method, originalUrl: url, req } = context
  return { method, url, rawHeaders: req.rawHeaders, headers: req.headers, raw: context }
}

function answer(refusal: Refused, context: Context): void {
  context.status = refusal.status
  writeHeaders(refusal.headers, context)
  context.body = refusal.body
}

function writeHeaders(headers: ResponseHeaders, context: Context): void {
  for (const [name, value] of Object.entries(headers)) context.set(name, value as string | string[])
}
