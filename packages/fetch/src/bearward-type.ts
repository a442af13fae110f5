import type { AccessToken, CorsOptions, Granted, Outcome, Refused } from '@bearward/core'
import type { AdapterBearward } from '@bearward/core/adapter'
import type {
  FetchGuard,
  FetchRequirements,
  Handler,
  ProtectedHandler,
  RequestContext,
  StrictRequirements,
  Verify,
} from './types.ts'

/** The arguments that the handler takes, and then any others, such as a context with `waitUntil`. */
export type Others<Rest extends unknown[]> = [...Rest, ...unknown[]]

/** The guards of one configuration, as returned by `createBearward`. */
export interface Bearward extends Pick<
  AdapterBearward<Request, never>,
  'ready' | 'status' | 'distrustKey' | 'forgetIssuer' | 'close'
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
   * guard calls this function.
   *
   * The response of the handler is returned unchanged, unless the guard adds headers. The headers are added to a copy of the
   * response with the same body stream. A response with the status 101 is never copied.
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
   * Checks one request without a guard, and creates no response. Continue only if the outcome is `granted`, or `anonymous` if
   * callers without a token are allowed. In Cloudflare Workers, pass the context, in the same way as to a guard.
   *
   * Rejects with a `ConfigurationError` if the requirements are wrong. Rejects with an error of a function of the application,
   * such as `check`, `credentials`, `errorBody`, `publicUrl`, `mtls.certificate` or `authorizationDetails`.
   *
   * @example
   * const outcome = await authorize(request, { scope: 'read:reports' }, context)
   * if (outcome.kind !== 'granted') return toResponse(outcome)
   */
  readonly authorize: {
    <Req extends Request = Request>(
      request: Req,
      requirements?: StrictRequirements<Req>,
      context?: RequestContext,
    ): Promise<Granted | Refused>
    <Req extends Request = Request>(
      request: Req,
      requirements?: FetchRequirements<Req>,
      context?: RequestContext,
    ): Promise<Outcome>
  }
  /**
   * Verifies a token that did not come in a request, but for example from a socket or a queue. Pass the token alone, without
   * `Bearer`. Uses the same token cache and publishes the same events as a guard. In Cloudflare Workers, pass the context, in the
   * same way as to a guard.
   *
   * Refuses every bound token (`cnf`), unless you pass `{ request }` as the second argument: the request with the proof or the
   * certificate. The binding is then checked in the same way as in a guard.
   *
   * Does NOT check scopes, the subject or any other requirement.
   *
   * @example
   * const outcome = await verify(message.body.token, context)
   * if (outcome.kind !== 'granted') return message.ack()
   */
  readonly verify: Verify<Request>
  /**
   * Creates a handler that responds to requests for the metadata of this API (RFC 9728), and calls `next` for all other requests.
   * If `next` is missing, other requests get 404. Requires the options `resource` and `metadata`.
   *
   * @throws {ConfigurationError} if the option `resource` or `metadata` is not set
   * @example
   * const handle = metadata(listReports)
   */
  readonly metadata: <Req extends Request = Request, Rest extends unknown[] = []>(
    next?: Handler<Req, Rest>,
  ) => (request: Req, ...rest: Rest) => Promise<Response>
  /**
   * Creates a handler for cross-origin requests of browsers. It answers preflight requests without a token. For other requests,
   * it calls `next` and adds headers to its response. With these headers, pages of the allowed origins can read the response and
   * its `WWW-Authenticate`. Put this handler before every guard, and after `metadata`. `Access-Control-Allow-Credentials` is
   * never sent, so pages cannot read responses to requests with cookies.
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
