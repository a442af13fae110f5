/**
 * For adapters: what every framework's `createBearward`, `requireToken` and `auth` have in common. An adapter
 * says how its framework describes a request, carries a token, writes a response and calls the next handler.
 * It decides nothing.
 *
 * Every export here is public API, by name.
 *
 * @packageDocumentation
 */
import type { Requirements } from './authorization/requirements.ts'
import { mustBeAwaited } from './lib/must-be-awaited.ts'
import { getMember } from './lib/objects.ts'
import type { AccessToken } from './model/access-token.ts'
import { type Anonymous, type Granted, type Outcome, OUTCOME_MEMBERS } from './model/outcome.ts'
import type { RequestIdentity, RequestLike } from './model/request-like.ts'
import { toWriteLine, type WriteLine } from './log/logger.ts'
import type { ResourceServerOptions } from './options/options.ts'
import { readOptions } from './options/read-options.ts'
import { beginGuard, getToken } from './request/request-state.ts'
import { createServer, type ResourceServer } from './resource-server.ts'
import { serverFromEnv } from './resource-server-from-env.ts'
import type { Refused } from './response/refusal.ts'

export type { WriteLine } from './log/logger.ts'
export { getUnmetGuard } from './request/request-state.ts'

/**
 * Definition of an adapter: how guards read a request and answer it. `Args` are the arguments of a guard, the
 * request first. `Result` is the type that a guard returns. After a refusal or an error, a returned value must not
 * let the calling code continue: see `pending`.
 */
export interface AdapterDefinition<Args extends readonly [object, ...unknown[]], Result> {
  /** Describes the request. `raw` is added. */
  toRequest(raw: Args[0]): Omit<RequestLike, 'raw'>
  /** Returns the id and the pattern of the route of a request, if the framework knows them. Only called for events. */
  identify?(raw: Args[0]): RequestIdentity
  /**
   * Puts the token where handlers look for it, and writes `outcome.headers` unless the response was sent. Does not call
   * the next handler. What it throws is passed to `fail`.
   */
  grant(outcome: Granted | Anonymous, ...args: Args): void
  /** Calls the next handler. An error that it throws is not caught here. */
  proceed(...args: Args): Result
  /** Writes `status`, `headers` and `body` byte for byte, unless the response was sent. What it throws is passed to `fail`. */
  refuse(outcome: Refused, ...args: Args): Result
  /**
   * Passes an error to the error handling of the framework: one that `check`, `errorBody`, `toRequest`, `grant` or
   * `refuse` has thrown.
   */
  fail(error: Error, ...args: Args): Result
  /**
   * Returns what a guard returns that has to wait. Default: `settled`, which takes what `proceed`, `refuse` or
   * `fail` returns.
   */
  wait?(settled: Promise<Awaited<Result>>, ...args: Args): Result
  /**
   * Writes a line of the log, where neither `logger` nor `onEvent` is set. `raw` is missing if the line is not about a
   * request. Default: the console.
   */
  log?: WriteLine<Args[0]>
  /** The environment variables that the stand-alone `requireToken` reads. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The guards of one configuration. Made by `createBearward`. `Raw` is the request of the framework. */
export interface AdapterBearward<Raw extends object, Guard> extends Pick<
  ResourceServer,
  'ready' | 'status' | 'distrustKey' | 'close'
> {
  /**
   * Makes a guard: a request passes if it carries a valid token that meets the requirements, and is refused
   * otherwise. Throws a `ConfigurationError` if the requirements are wrong.
   *
   * @example
   * app.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
   */
  readonly requireToken: (requirements?: Requirements<Raw>) => Guard
  /**
   * Decides about a request, for code that composes guards by hand. Writes nothing to the response, and `auth`
   * does not find the token. Only `granted` may go on, and `anonymous` if that is allowed.
   *
   * Rejects with a `ConfigurationError` if the requirements are wrong, and with what a `check` throws.
   *
   * @example
   * const outcome = await bearward.authorize(request, { scope: 'read:reports' })
   * if (outcome.kind !== 'granted') return showSignIn()
   */
  readonly authorize: (request: Raw, requirements?: Requirements<Raw>) => Promise<Outcome>
  /**
   * Verifies a token that did not come in a request: from a socket, a queue or a command line. Pass the token alone,
   * without `Bearer`. Uses the same token cache and publishes the same events as a guard. A bound token (`cnf`) is
   * refused, because its proof is part of a request.
   *
   * Does NOT check scopes, the subject or any other requirement.
   *
   * @example
   * const outcome = await bearward.verify(message.token)
   * if (outcome.kind !== 'granted') return socket.close(4401)
   */
  readonly verify: (token: string) => Promise<Granted | Refused>
}

/** Result of `defineAdapter`. */
export interface Adapter<Raw extends object, Guard> {
  /** `log` writes the log of this configuration, instead of the `log` of the definition. */
  readonly createBearward: (
    options: ResourceServerOptions<Raw>,
    log?: WriteLine<Raw>,
  ) => AdapterBearward<Raw, Guard>
  readonly requireToken: (...requirements: [Requirements<Raw>?]) => Guard
  readonly auth: (request: Raw) => AccessToken
}

/**
 * Makes `createBearward`, `requireToken` and `auth` for a framework.
 *
 * @example
 * const adapter = defineAdapter<[Context, Next], Promise<unknown>>({
 *   toRequest({ method, originalUrl: url, req: { rawHeaders, headers } }) {
 *     return { method, url, rawHeaders, headers }
 *   },
 *   grant: ({ headers }, context) => context.set(headers),
 *   proceed: (_context, next) => callNext(next),
 *   async refuse({ status, headers, body }, context) {
 *     context.status = status
 *     context.set(headers)
 *     context.body = body
 *   },
 *   async fail(error) {
 *     throw error
 *   },
 *   environment: process.env,
 * })
 */
export function defineAdapter<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): Adapter<Args[0], (...args: Args) => Result | Promise<Awaited<Result>>> {
  type Guard = (...args: Args) => Result | Promise<Awaited<Result>>

  const defaultLog: WriteLine<Args[0]> = getMember(definition, 'log') ?? toWriteLine(console)

  const identify: RequestLike['identify'] = getMember(definition, 'identify')

  const toRequestLike = (raw: Args[0]): RequestLike =>
    Object.assign(definition.toRequest(raw), { raw, identify })

  function createGuard(server: ResourceServer, requirements: readonly unknown[]): Guard {
    // As given: an argument that is present but undefined is a mistake that the core reports.
    const guard = server.guard(...(requirements as [Requirements]))
    const decide: Guard = (...args) => {
      const fail = (thrown: unknown) => definition.fail(toError(thrown), ...args)
      const settle = (outcome: Outcome) => {
        try {
          if (outcome.kind === 'refused') return definition.refuse(outcome, ...args)
          definition.grant(outcome, ...args)
        } catch (error) {
          return fail(error)
        }
        // Outside the `try`: an error thrown by a later handler must not become a refusal.
        return definition.proceed(...args)
      }
      let request
      try {
        request = toRequestLike(args[0])
      } catch (error) {
        // The guard of the core has not begun, and the request must not look like one without guards.
        beginGuard(args[0])
        return fail(error)
      }
      let outcome
      try {
        outcome = guard(request)
      } catch (error) {
        return fail(error)
      }
      if (!(outcome instanceof Promise)) return settle(outcome)
      const settled = withoutWarning(outcome.then(settle, fail) as Promise<Awaited<Result>>)
      const wait = getMember(definition, 'wait')
      return wait === undefined ? settled : wait(settled, ...args)
    }
    return function bearwardGuard(...args) {
      return withoutWarning(decide(...args))
    }
  }

  return {
    createBearward(options, log = defaultLog) {
      const server = createServer(readOptions(options), log)
      const { ready, status, distrustKey, close } = server
      const verify = async (token: string) => server.verify(token)
      return {
        requireToken: (...requirements) => createGuard(server, requirements),
        authorize(raw, ...requirements) {
          const decide = async () =>
            server.authorize(toRequestLike(raw), ...(requirements as [Requirements]))
          return mustBeAwaited(decide(), OUTCOME_MEMBERS)
        },
        verify: (token) => mustBeAwaited(verify(token), OUTCOME_MEMBERS),
        ready,
        status,
        distrustKey,
        close,
      }
    },
    requireToken: (...requirements) =>
      createGuard(serverFromEnv(definition.environment, defaultLog), requirements),
    auth: getToken,
  }
}

/**
 * Calls the next handler and returns what it returns. Throws a `TypeError` that names the fix if there is none, because
 * a guard was called by hand with too few arguments.
 *
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
 * Returns a promise that is never settled: what a guard returns after a refusal where the framework ignores it.
 * Code that awaits the guard does not go on.
 */
export function pending(): Promise<never> {
  return new Promise(() => {})
}

/** To a framework, `next(undefined)` means that the request may pass, and `next('route')` has a meaning, too. */
function toError(thrown: unknown): Error {
  // Not `instanceof`: an error of another realm, as in Jest, keeps its message and status.
  if (typeof thrown === 'object' && thrown !== null) return thrown as Error
  const message =
    'The check or the errorBody of a guard, or its adapter, threw something that is not an Error.'
  return new Error(message, { cause: thrown })
}

/**
 * Keeps Node from ending the process if a guard's promise is rejected and nobody awaits it: a framework may not
 * look at what a guard returns. Code that awaits the guard still gets the error.
 */
function withoutWarning<T>(result: T): T {
  if (result instanceof Promise) result.catch(() => {})
  return result
}
