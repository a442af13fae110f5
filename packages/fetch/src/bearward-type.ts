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
   * Checks one request without a guard, and creates no response. Continue only if the outcome is `granted`, or `anonymous` if callers
   * without a token are allowed. Pass the context of Cloudflare Workers, as for a guard.
   *
   * Rejects with a `ConfigurationError` if the requirements are wrong, and with an error that a `check`, `credentials` or
   * `errorBody` throws.
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
   * Verifies a token from another source than a request, such as a socket or a queue. Pass the token alone, without `Bearer`. Uses the
   * same token cache and publishes the same events as a guard. Pass the context of Cloudflare Workers, as for a guard.
   *
   * Refuses every bound token (`cnf`), unless `request` is the request with the proof. The binding is then checked as by a guard.
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
