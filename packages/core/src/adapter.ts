/**
 * Tools for adapters: `defineAdapter` creates `createBearward` and `auth` for a framework, and `defineRequireToken` creates
 * `requireToken`. An adapter defines how its framework describes a request, stores a token, writes a response and calls the next
 * handler. All decisions are made in the core.
 *
 * Every export of this module is public API. Exports are listed by name.
 *
 * @module @bearward/core/adapter
 */
import type { AdapterBearward, AdapterDefinition, AdapterHandler } from './adapter-definition.ts'
import { createAdapterBearward, createGuard, getLog, toSource } from './adapter-bearward.ts'
import type { Requirements } from './authorization/requirements.ts'
import type { WriteLine } from './log/logger.ts'
import type { AccessToken } from './model/access-token.ts'
import type { ResourceServerOptions } from './options/options.ts'
import type { Part } from './options/part.ts'
import { readOptions, readOptionsWithUse } from './options/read-options.ts'
import { getToken } from './request/request-state.ts'
import { serverFromEnv } from './resource-server-from-env.ts'

export type { AdapterBearward, AdapterDefinition, AdapterHandler } from './adapter-definition.ts'
export { keepAlive } from './adapter-handler.ts'
export type { WriteLine } from './log/logger.ts'
export type { Part } from './options/part.ts'
export {
  advice,
  dpop,
  dynamicIssuers,
  introspection,
  mtls,
  providers,
  signedMetadata,
} from './options/parts.ts'
export { getUnmetGuard } from './request/request-state.ts'

/** Result of `defineAdapter`: functions that an adapter exports. */
export interface Adapter<Raw extends object, Guard> {
  /**
   * Validates the options and returns functions that create guards. The argument `log` replaces the `log` of the
   * `AdapterDefinition`. If the options contain `logger` or `onEvent`, neither `log` function is called.
   *
   * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
   * @example
   * const { requireToken } = createBearward({
   *   issuer: 'https://login.example.com/',
   *   audience: 'https://api.example.com',
   * })
   */
  readonly createBearward: (
    options: ResourceServerOptions<Raw>,
    log?: WriteLine<Raw>,
  ) => AdapterBearward<Raw, Guard>
  /**
   * Returns the verified access token of a request that a guard has granted. Never returns `undefined`.
   *
   * @throws {Error} if no guard has granted the request, if a guard has refused it or has not decided yet, or if the caller
   * is anonymous
   * @example
   * const { subject, clientId } = auth(request)
   */
  readonly auth: (request: Raw) => AccessToken
}

/** Result of `defineSmallAdapter`. */
export interface SmallAdapter<Raw extends object, Guard> extends Pick<Adapter<Raw, Guard>, 'auth'> {
  /**
   * Creates the same functions as `createBearward` of other adapters, but uses only the parts in the option `use`.
   *
   * @throws {ConfigurationError} if options are wrong, or require a part that is not in `use`
   * @example
   * const { requireToken } = createBearward({ issuer, audience, use: [advice] })
   */
  readonly createBearward: (
    options: ResourceServerOptions<Raw> & { readonly use?: readonly Part[] },
    log?: WriteLine<Raw>,
  ) => AdapterBearward<Raw, Guard>
}

/**
 * Creates `createBearward` and `auth` for a framework.
 *
 * @example
 * const definition: AdapterDefinition<[Context, Next], Promise<unknown>> = {
 *   toRequest({ method, originalUrl: url, req: { rawHeaders, headers } }) {
 *     return { method, url, rawHeaders, headers }
 *   },
 *   grant(outcome, context) {
 *     if (outcome.kind === 'granted') context.state.auth = outcome.token
 *   },
 *   setHeaders(headers, context) {
 *     const { Vary, ...others } = headers
 *     context.set(others)
 *     if (Vary !== undefined) context.vary(Vary)
 *   },
 *   proceed: (_context, next) => callNext(next),
 *   async respond({ status, headers, body }, context) {
 *     context.status = status
 *     context.set(headers)
 *     context.body = body
 *   },
 *   async fail(error) {
 *     throw error
 *   },
 *   environment: process.env,
 * }
 * export const { createBearward, auth } = defineAdapter(definition)
 */
export function defineAdapter<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): Adapter<Args[0], AdapterHandler<Args, Result>> {
  return {
    createBearward: (options, log) =>
      createAdapterBearward(definition, readOptions(options, toSource(definition)), log),
    auth: getToken,
  }
}

/**
 * Creates `createBearward` and `auth` for a framework, for applications that need a small bundle. The resource server has only the
 * parts in the option `use`. If `introspection` and `dynamicIssuers` are not in `use`, the
 * resource server verifies only JWTs of static issuers.
 *
 * @example
 * export const { createBearward, auth } = defineSmallAdapter(definition)
 */
export function defineSmallAdapter<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): SmallAdapter<Args[0], AdapterHandler<Args, Result>> {
  return {
    createBearward: (options, log) =>
      createAdapterBearward(definition, readOptionsWithUse(options, toSource(definition)), log),
    auth: getToken,
  }
}

/**
 * Creates the stand-alone `requireToken` for a framework. `requireToken` creates guards with the configuration in the `BEARWARD_*`
 * environment variables, and reads the variables at each call. `defineRequireToken` is not part of `defineAdapter`, so that an
 * application that uses only `createBearward` gets a smaller bundle.
 *
 * `requireToken` throws a `ConfigurationError` if variables are missing, unknown or wrong, or if the requirements are wrong.
 *
 * @example
 * export const requireToken = defineRequireToken(definition)
 */
export function defineRequireToken<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): (...requirements: [Requirements<Args[0]>?]) => AdapterHandler<Args, Result> {
  return (...requirements) =>
    createGuard(definition, serverFromEnv(definition.environment, getLog(definition)), requirements)
}

/**
 * Calls the next handler and returns its result.
 *
 * @throws {TypeError} if `next` is not a function, because code of the application called a guard with too few arguments
 * @example
 * proceed: (_request, _response, next) => callNext(next),
 */
export function callNext<T>(next: () => T): T {
  if (typeof next === 'function') return next()
  throw new TypeError(
    'A guard was called without next. Pass next, or use authorize(...), which returns the outcome.',
  )
}

/**
 * Returns a promise that never settles, for `respond` and `fail` of an adapter. With this promise, neither the framework nor other
 * code that awaits the guard continues after a response or an error. Do not use `pending` if the framework needs the result of a
 * guard.
 *
 * @example
 * respond(answer, _request, response) {
 *   write(answer, response)
 *   return pending()
 * },
 */
export function pending(): Promise<never> {
  return new Promise(() => {})
}
