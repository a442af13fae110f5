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
 * first one is the request. `Result` is the type that a guard returns.
 *
 * After a response or an error, the framework must not call the next handler. If it calls the next handler when the returned
 * promise resolves, return `pending()`.
 */
export interface AdapterDefinition<Args extends readonly [object, ...unknown[]], Result> {
  /** Describes the request for the core. `raw` is added to the result. */
  toRequest(raw: Args[0]): Omit<RequestLike, 'raw' | 'socket'>
  /**
   * Returns the connection of the request, as `request.socket` of Node, for the option `mtls`.
   *
   * @default a request has no connection: `mtls.certificate` must then be a function
   */
  getSocket?(raw: Args[0]): SocketLike | undefined
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
   * without `Bearer`. Uses the same token cache and publishes the same events as a guard.
   *
   * Refuses every bound token (`cnf`), unless `request` is the request with the proof or the certificate. The binding is then checked
   * as by a guard. There is no option to skip this check.
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
