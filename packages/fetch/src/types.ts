import type { AccessToken, CorsOptions, Requirements } from '@bearward/core'
import type { AdapterBearward } from '@bearward/core/adapter'

/** The requirements of a guard. `check` receives the `Request`. */
export type FetchRequirements<Req extends Request = Request> = Requirements<Req>

/** Requirements of a guard that refuses callers without a token. */
export type StrictRequirements<Req extends Request = Request> = FetchRequirements<Req> & {
  readonly optional?: false
}

/**
 * The context that some platforms pass to a handler beside the request. In Cloudflare Workers, it is the third argument of
 * `fetch`.
 */
export interface RequestContext {
  /** Keeps work alive until a promise is settled, even if the response was sent or the client has disconnected. */
  waitUntil?(promise: Promise<unknown>): void
}

/** A request that has passed a guard. `Token` is `AccessToken | undefined` if callers without a token are allowed. */
export interface Passed<Token = AccessToken> {
  /** The verified token. `undefined` if the caller is anonymous. */
  readonly token: Token
  /** Headers for the response of the application. */
  readonly headers: Headers
}

/**
 * Decides about one request. The result is the complete response of a refusal, or the token of a request that has passed. Always
 * `await` it. Rejects with an error of a function of the application, such as `check`, and with a `TypeError` if the argument is not
 * a `Request`.
 *
 * If the platform has a context with `waitUntil`, pass it as the second argument. Without it, Cloudflare Workers cancels a fetch of
 * keys when the client disconnects, so that clients can delay the keys of a rotation for other callers. See `RequestContext`.
 *
 * @example
 * const passed = await guard(request)
 * if (passed instanceof Response) return passed
 * return Response.json({ reportsFor: passed.token.clientId })
 */
export type FetchGuard<Token = AccessToken, Req extends Request = Request> = (
  request: Req,
  context?: RequestContext,
) => Promise<Response | Passed<Token>>

/** A handler of a web-standard framework. `Rest` are the arguments that the framework passes after the request. */
export type Handler<Req extends Request = Request, Rest extends unknown[] = []> = (
  request: Req,
  ...rest: Rest
) => Response | Promise<Response>

/** A handler behind a guard. It gets the verified token, and then the other arguments of the framework. */
export type ProtectedHandler<
  Token = AccessToken,
  Req extends Request = Request,
  Rest extends unknown[] = [],
> = (
  request: Req,
  granted: { readonly token: Token },
  ...rest: Rest
) => Response | Promise<Response>

/** The arguments that the handler takes, and then any others, such as a context with `waitUntil`. */
export type Others<Rest extends unknown[]> = [...Rest, ...unknown[]]

/** The guards of one configuration, as returned by `createBearward`. */
export interface Bearward extends Pick<
  AdapterBearward<Request, never>,
  'authorize' | 'verify' | 'ready' | 'status' | 'distrustKey' | 'forgetIssuer' | 'close'
> {
  /**
   * Creates a guard. It decides about a request, and your code returns the response.
   *
   * @throws {ConfigurationError} if the requirements are wrong, so that the application does not start with a mistake
   * @example
   * const guard = requireToken({ scope: 'read:reports' })
   */
  readonly requireToken: {
    <Req extends Request = Request>(
      requirements?: StrictRequirements<Req>,
    ): FetchGuard<AccessToken, Req>
    <Req extends Request = Request>(
      requirements: FetchRequirements<Req>,
    ): FetchGuard<AccessToken | undefined, Req>
  }
  /**
   * Puts a guard before a handler. The handler is called only if the request passes, and gets `{ token }` as its second argument.
   * All other arguments are passed on. If one of them has a function `waitUntil`, as the context of Cloudflare Workers does, the
   * guard uses it.
   *
   * The response of the handler is returned unchanged, unless the guard adds headers to it. They are then added to a copy with the
   * same body stream. A response with the status 101 is never copied.
   *
   * @throws {ConfigurationError} if the requirements are wrong, so that the application does not start with a mistake
   * @example
   * const listReports = protect({ scope: 'read:reports' }, (request, { token }) =>
   *   Response.json({ reportsFor: token.clientId }),
   * )
   */
  readonly protect: {
    <Req extends Request = Request, Rest extends unknown[] = []>(
      requirements: StrictRequirements<Req>,
      handler: ProtectedHandler<AccessToken, Req, Rest>,
    ): (request: Req, ...rest: Others<Rest>) => Promise<Response>
    <Req extends Request = Request, Rest extends unknown[] = []>(
      requirements: FetchRequirements<Req>,
      handler: ProtectedHandler<AccessToken | undefined, Req, Rest>,
    ): (request: Req, ...rest: Others<Rest>) => Promise<Response>
  }
  /**
   * Creates a handler that responds to requests for the metadata of this API (RFC 9728), and calls `next` for all other requests.
   * Without `next`, other requests get 404. Requires the options `resource` and `metadata`.
   *
   * @throws {ConfigurationError} if the options `resource` and `metadata` are not set
   * @example
   * const handle = metadata(listReports)
   */
  readonly metadata: <Req extends Request = Request, Rest extends unknown[] = []>(
    next?: Handler<Req, Rest>,
  ) => (request: Req, ...rest: Rest) => Promise<Response>
  /**
   * Creates a handler for cross-origin requests of browsers. It answers preflight requests without a token. For other requests, it
   * calls `next` and adds headers to its response. With these headers, pages of the allowed origins can read the response and its
   * `WWW-Authenticate`. Put it before every guard, and after `metadata`. Cookies are never allowed.
   *
   * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
   * @example
   * const handle = cors({ origins: ['https://app.example.com'] }, listReports)
   */
  readonly cors: <Req extends Request = Request, Rest extends unknown[] = []>(
    options: CorsOptions,
    next: Handler<Req, Rest>,
  ) => (request: Req, ...rest: Rest) => Promise<Response>
  /** The same function as the export `auth`. */
  readonly auth: (request: Request) => AccessToken
}
