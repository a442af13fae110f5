import type { WriteLine } from './log/logger.ts'
import type { Requirements } from './authorization/requirements.ts'
import type { Anonymous, Granted, Outcome } from './model/outcome.ts'
import type { CorsOptions } from './options/cors-options.ts'
import type { Refused } from './response/refusal.ts'
import type { ResourceServer } from './resource-server.ts'
import type { RequestIdentity, RequestLike, SocketLike } from './model/request-like.ts'
import type { HttpResponse, ResponseHeaders } from './response/http-response.ts'

/** A middleware or a guard of a framework. */
export type AdapterHandler<Args extends readonly unknown[], Result> = (
  ...args: Args
) => Result | Promise<Awaited<Result>>

/**
 * Definition of an adapter: how guards read a request and write a response. `Args` are the arguments of a guard. The
 * first argument is the request. `Result` is the type that a guard returns.
 *
 * After a response or an error, the framework must not call the next handler. Some frameworks wait for the promise of a guard,
 * and call the next handler when it resolves. For such a framework, `respond` must return `pending()`. `fail` must return
 * `pending()` or a promise that rejects.
 */
export interface AdapterDefinition<Args extends readonly [object, ...unknown[]], Result> {
  /**
   * The name of the framework. Other packages, such as `@bearward/mcp`, create guards only for the framework that they support. They
   * read this name.
   *
   * @default no other package can use the adapter
   */
  readonly framework?: string
  /**
   * Returns whether the app stops the request before the handler, if a guard of this request is pending: see `getUnmetGuard`. If
   * the result is `false`, guards that decide in several hooks throw an error, because the application can leave out one of the
   * hooks.
   *
   * @default `false`
   */
  stopsPending?(raw: Args[0]): boolean
  /** Describes the request for the core. `raw` is added to the result. */
  toRequest(raw: Args[0]): Omit<RequestLike, 'raw' | 'socket'>
  /**
   * Returns the connection of the request, for the option `mtls`. In Node, this is `request.socket`.
   *
   * @default requests have no connection, so `mtls.certificate` must be a function
   */
  getSocket?(raw: Args[0]): SocketLike | undefined
  /** Returns the id and the route pattern of a request, if the framework knows them. Called only for events. */
  identify?(raw: Args[0]): RequestIdentity
  /**
   * Stores the token where handlers find it. Does not call the next handler. Errors that this function throws are passed to
   * `fail`.
   */
  grant(outcome: Granted | Anonymous, ...args: Args): void
  /**
   * Sets headers of the response that a later handler writes, unless the response was already sent. Adds the value of `Vary` to the
   * values that other code has set. Errors that this function throws are passed to `fail`.
   */
  setHeaders(headers: ResponseHeaders, ...args: Args): void
  /** Calls the next handler. Errors that the handler throws are not caught. */
  proceed(...args: Args): Result
  /**
   * Writes `status`, `headers` and `body` without changes, unless the response was already sent. Errors that this function throws
   * are passed to `fail`.
   */
  respond(response: HttpResponse, ...args: Args): Result
  /**
   * Passes an error to the error handling of the framework. The error was thrown by a function of the application, such as `check`
   * or `errorBody`, or by `toRequest`, `grant`, `setHeaders` or `respond` of the adapter.
   */
  fail(error: Error, ...args: Args): Result
  /**
   * Returns the result of a guard that cannot decide immediately. `settled` is a promise of the value that `proceed`, `respond` or
   * `fail` returns.
   *
   * @default returns `settled`
   */
  wait?(settled: Promise<Awaited<Result>>, ...args: Args): Result
  /**
   * Keeps `work` alive until it is finished. Needed on platforms that cancel unfinished work when a request ends. `work` includes
   * the decision about the request, if the guard has not decided yet, and background work, such as a refresh of keys. `work` never
   * rejects.
   *
   * @default does nothing
   */
  keepAlive?(work: Promise<void>, ...args: Args): void
  /**
   * Writes a line of the log. Used only if neither `logger` nor `onEvent` is set. `request` is `undefined` if the line is not about
   * a request.
   *
   * @default writes to the console
   */
  log?: WriteLine<Args[0]>
  /** The environment variables for the stand-alone `requireToken`, such as `process.env`. */
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
   * Creates a guard. The guard grants a request with a valid token that meets the requirements, and refuses any other request. With
   * `optional: true`, a request without credentials passes as anonymous.
   *
   * @throws {ConfigurationError} if the requirements are wrong, so that the application does not start with a mistake
   * @example
   * app.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
   */
  readonly requireToken: (requirements?: Requirements<Raw>) => Guard
  /**
   * Checks one request without a guard. Writes nothing to the response. Does not store the token for `auth`: read the token from
   * the outcome. Continue only if the outcome is `granted`. If callers without a token are allowed, also continue if the outcome
   * is `anonymous`.
   *
   * Rejects with a `ConfigurationError` if the requirements are wrong. Rejects with the error that a function of the application,
   * such as `check` or `errorBody`, throws.
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
   * Verifies a token that does not come from a request, but for example from a socket, a queue or a command line. Pass only the
   * token, without `Bearer`. Uses the same token cache and publishes the same events as a guard.
   *
   * Refuses every bound token (`cnf`), unless `request` is the request with the proof or the certificate. In this case, the binding
   * is checked in the same way as in a guard. No option switches this check off.
   *
   * Does NOT check scopes, the subject or any other requirement.
   *
   * @example
   * const outcome = await bearward.verify(message.token)
   * if (outcome.kind !== 'granted') return socket.close(4401)
   */
  readonly verify: (
    token: string,
    options?: { readonly request: Raw },
  ) => Promise<Granted | Refused>
  /**
   * Creates a handler that responds to requests for the metadata of this API (RFC 9728), and calls the next handler for all other
   * requests. Mount the handler before every guard. Requires the options `resource` and `metadata`.
   *
   * @throws {ConfigurationError} if the option `resource` or `metadata` is not set
   * @example
   * app.use(metadata())
   */
  readonly metadata: () => Guard
  /**
   * Creates a handler for cross-origin requests of browsers. The handler answers preflight requests without a token. For any other
   * request, it sets headers and calls the next handler. These headers let pages of the allowed origins read the response and its
   * `WWW-Authenticate`. Mount the handler before every guard, and after `metadata()`. `Access-Control-Allow-Credentials` is never
   * sent, so pages cannot read responses to requests with cookies.
   *
   * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
   * @example
   * app.use(cors({ origins: ['https://app.example.com'] }))
   */
  readonly cors: (options: CorsOptions) => Guard
}
