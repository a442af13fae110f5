/**
 * Tools for adapters: `defineAdapter` creates `createBearward` and `auth` for a framework, and `defineRequireToken` creates `requireToken`. An adapter
 * defines how its framework describes a request, stores a token, writes a response and calls the next handler. All
 * decisions are made in the core.
 *
 * Every export of this module is public API. Exports are listed by name.
 *
 * @module @bearward/core/adapter
 */
import type { Requirements } from './authorization/requirements.ts'
import { createCors } from './create-cors.ts'
import { ConfigurationError } from './errors.ts'
import { andThen } from './lib/maybe-promise.ts'
import { mustBeAwaited } from './lib/must-be-awaited.ts'
import { getMember } from './lib/objects.ts'
import type { AccessToken } from './model/access-token.ts'
import { type Anonymous, type Granted, type Outcome, OUTCOME_MEMBERS } from './model/outcome.ts'
import { CONTINUE, createHandler } from './adapter-handler.ts'
import type { HttpResponse, ResponseHeaders } from './response/http-response.ts'
import type { RequestIdentity, RequestLike } from './model/request-like.ts'
import { toWriteLine, type WriteLine } from './log/logger.ts'
import type { CorsOptions } from './options/cors-options.ts'
import type { ResourceServerOptions } from './options/options.ts'
import { readOptions } from './options/read-options.ts'
import { beginGuard, getToken } from './request/request-state.ts'
import { createServer, type ResourceServer } from './resource-server.ts'
import { serverFromEnv } from './resource-server-from-env.ts'
import type { Refused } from './response/refusal.ts'

export type { WriteLine } from './log/logger.ts'
export { mustBeAwaited } from './lib/must-be-awaited.ts'
export { getUnmetGuard } from './request/request-state.ts'

/**
 * Definition of an adapter: how guards read a request and write a response. `Args` are the arguments of a guard. The
 * first one is the request. `Result` is the type that a guard returns.
 *
 * After a response or an error, the framework must not call the next handler. If it calls the next handler when the returned
 * promise resolves, return `pending()`.
 */
export interface AdapterDefinition<Args extends readonly [object, ...unknown[]], Result> {
  /** Describes the request for the core. `raw` is added to the result. */
  toRequest(raw: Args[0]): Omit<RequestLike, 'raw'>
  /** Returns the id and the route pattern of a request, if the framework knows them. Called only for events. */
  identify?(raw: Args[0]): RequestIdentity
  /** Stores the token where handlers find it. Does not call the next handler. Errors it throws are passed to `fail`. */
  grant(outcome: Granted | Anonymous, ...args: Args): void
  /**
   * Sets headers of the response that a later handler writes, unless the response was sent. `Vary` is added to the values that
   * other code has set. Errors it throws are passed to `fail`.
   */
  setHeaders(headers: ResponseHeaders, ...args: Args): void
  /** Calls the next handler. Errors it throws are not caught. */
  proceed(...args: Args): Result
  /** Writes `status`, `headers` and `body` byte for byte, unless the response was sent. Errors it throws are passed to `fail`. */
  respond(response: HttpResponse, ...args: Args): Result
  /**
   * Passes an error to the error handling of the framework. The error was thrown by `check`, `credentials` or `errorBody`
   * of the application, or by `toRequest`, `grant`, `setHeaders` or `respond` of the adapter.
   */
  fail(error: Error, ...args: Args): Result
  /**
   * Returns the result of a guard that has to wait. `settled` is a promise of the value that `proceed`, `respond` or `fail`
   * returns.
   *
   * @default returns `settled`
   */
  wait?(settled: Promise<Awaited<Result>>, ...args: Args): Result
  /**
   * Keeps work alive until it has ended, for platforms that cancel the work of a request that has ended. `work` never rejects. It is
   * the decision about the request, if it is not known yet, and work in the background, such as a refresh of keys.
   *
   * @default does nothing
   */
  keepAlive?(work: Promise<void>, ...args: Args): void
  /**
   * Writes a line of the log. Used if neither `logger` nor `onEvent` is set. `request` is missing if the line is not about a
   * request.
   *
   * @default writes to the console
   */
  log?: WriteLine<Args[0]>
  /** Environment variables that the stand-alone `requireToken` reads, such as `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Creates guards for one configuration, and checks requests and tokens without a guard. Created by `createBearward`. `Raw` is the
 * request of the framework.
 */
export interface AdapterBearward<Raw extends object, Guard> extends Pick<
  ResourceServer,
  'ready' | 'status' | 'distrustKey' | 'forgetIssuer' | 'close'
> {
  /**
   * Creates a guard. A request passes if it contains a valid token that meets the requirements. Otherwise it is refused.
   *
   * @throws {ConfigurationError} if the requirements are wrong, so that the application does not start with a mistake
   * @example
   * app.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
   */
  readonly requireToken: (requirements?: Requirements<Raw>) => Guard
  /**
   * Checks one request without a guard. Writes nothing to the response, and `auth` does not find the token.
   * Continue only if the outcome is `granted`, or `anonymous` if callers without a token are allowed.
   *
   * Rejects with a `ConfigurationError` if the requirements are wrong, and with an error that a `check`, `credentials` or
   * `errorBody` throws.
   *
   * @example
   * const outcome = await bearward.authorize(request, { scope: 'read:reports' })
   * if (outcome.kind !== 'granted') return showSignIn()
   */
  readonly authorize: {
    (
      request: Raw,
      requirements?: Requirements<Raw> & { readonly optional?: false },
    ): Promise<Granted | Refused>
    (request: Raw, requirements?: Requirements<Raw>): Promise<Outcome>
  }
  /**
   * Verifies a token from another source than a request, such as a socket, a queue or a command line. Pass the token alone,
   * without `Bearer`. Uses the same token cache and publishes the same events as a guard. Refuses bound tokens (`cnf`), as
   * guards do.
   *
   * Does NOT check scopes, the subject or any other requirement.
   *
   * @example
   * const outcome = await bearward.verify(message.token)
   * if (outcome.kind !== 'granted') return socket.close(4401)
   */
  readonly verify: (token: string) => Promise<Granted | Refused>
  /**
   * Creates a handler that responds to requests for the metadata of this API (RFC 9728), and calls the next handler for all other
   * requests. Mount it before every guard. Requires the options `resource` and `metadata`.
   *
   * @throws {ConfigurationError} if the options `resource` and `metadata` are not set
   * @example
   * app.use(metadata())
   */
  readonly metadata: () => Guard
  /**
   * Creates a handler for cross-origin requests of browsers. It answers preflight requests without a token. For other requests, it
   * sets headers and calls the next handler. With these headers, pages of the allowed origins can read the response and its
   * `WWW-Authenticate`. Mount it before every guard, and after `metadata()`. Cookies are never allowed.
   *
   * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
   * @example
   * app.use(cors({ origins: ['https://app.example.com'] }))
   */
  readonly cors: (options: CorsOptions) => Guard
}

/** A middleware or a guard of a framework. */
type Handler<Args extends readonly unknown[], Result> = (
  ...args: Args
) => Result | Promise<Awaited<Result>>

/** Result of `defineAdapter`: functions that an adapter exports. */
export interface Adapter<Raw extends object, Guard> {
  /**
   * Validates the options and returns functions that create guards. `log` writes the log of this configuration, instead
   * of the `log` of the definition.
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
   * Returns the verified access token of a request that has passed a guard. Never returns `undefined`.
   *
   * @throws {Error} if the request has not passed a guard, if a guard has refused it or is still deciding, or if the caller
   * is anonymous
   * @example
   * const { subject, clientId } = auth(request)
   */
  readonly auth: (request: Raw) => AccessToken
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
): Adapter<Args[0], Handler<Args, Result>> {
  const toRequestLike = createRequestReader(definition)

  function createMetadataHandler(server: ResourceServer): Handler<Args, Result> {
    const respond = server.metadata()
    return createHandler(definition, toRequestLike, (request) =>
      andThen(respond(request), (response) =>
        response === undefined ? CONTINUE : { kind: 'respond', ...response },
      ),
    )
  }

  return {
    createBearward(options, log = getLog(definition)) {
      const server = createServer(readOptions(options), log)
      const { ready, status, distrustKey, forgetIssuer, close } = server
      const verify = async (token: string) => server.verify(token)
      return {
        requireToken: (...requirements) => createGuard(definition, server, requirements),
        authorize(raw, ...requirements) {
          const decide = async () =>
            server.authorize(toRequestLike(raw), ...(requirements as [Requirements]))
          // Only requirements with `optional` can have an anonymous outcome.
          return mustBeAwaited(decide(), OUTCOME_MEMBERS) as Promise<never>
        },
        verify: (token) => mustBeAwaited(verify(token), OUTCOME_MEMBERS),
        metadata(...unexpected: readonly unknown[]) {
          if (unexpected.length === 0) return createMetadataHandler(server)
          throw new ConfigurationError('metadata was used as a middleware', [
            'It creates the middleware: write metadata() with parentheses.',
          ])
        },
        cors: (given) => createHandler(definition, toRequestLike, createCors(given)),
        ready,
        status,
        distrustKey,
        forgetIssuer,
        close,
      }
    },
    auth: getToken,
  }
}

/**
 * Creates the stand-alone `requireToken` for a framework. It creates guards with the configuration in the `BEARWARD_*` environment
 * variables, and reads the variables at each call. It is not part of `defineAdapter`, so that bundles for applications that
 * only use `createBearward` do not contain it.
 *
 * `requireToken` throws a `ConfigurationError` if variables are missing, unknown or wrong, or if the requirements are wrong.
 *
 * @example
 * export const requireToken = defineRequireToken(definition)
 */
export function defineRequireToken<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): (...requirements: [Requirements<Args[0]>?]) => Handler<Args, Result> {
  return (...requirements) =>
    createGuard(definition, serverFromEnv(definition.environment, getLog(definition)), requirements)
}

function createGuard<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
  server: ResourceServer,
  requirements: readonly unknown[],
): Handler<Args, Result> {
  // The arguments are not changed, so that the core reports an argument that is present but undefined.
  const guard = server.guard(...(requirements as [Requirements]))
  // The guard of the core has not begun. Without `beginGuard`, the request looks like one without guards.
  const handle = createHandler(definition, createRequestReader(definition), guard, beginGuard)
  return function bearwardGuard(...args) {
    return handle(...args)
  }
}

/** Returns the function that describes a request for the core. */
function createRequestReader<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): (raw: Args[0]) => RequestLike {
  const identify: RequestLike['identify'] = getMember(definition, 'identify')
  return (raw) => Object.assign(definition.toRequest(raw), { raw, identify })
}

function getLog<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): WriteLine<Args[0]> {
  return getMember(definition, 'log') ?? toWriteLine(console)
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
 * Returns a promise that is never settled. A guard returns it after a response if the framework ignores the result. Code
 * that awaits the guard does not continue.
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
