import type { AccessToken, Granted, Refused, Requirements } from '@bearward/core'

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

/**
 * The result for a request that has passed a guard. `Token` is `AccessToken | undefined` if callers without a token are allowed.
 */
export interface Passed<Token = AccessToken> {
  /** The verified token. `undefined` if the caller is anonymous. */
  readonly token: Token
  /** Headers for the response of the application. */
  readonly headers: Headers
}

/**
 * Decides about one request. The result is the complete response of a refusal, or a `Passed` for a request that has passed.
 * Always `await` the result. Rejects with an error of a function of the application, such as `check`, and with a `TypeError`
 * if the argument is not a `Request`.
 *
 * If the platform has a context with `waitUntil`, pass the context as the second argument. If you do not pass the context,
 * Cloudflare Workers cancels a fetch of keys when the client disconnects. Clients could then delay new keys for other callers.
 * See `RequestContext`.
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

/** Verifies a token without a guard: see `verify`. `Raw` is the request of the framework. The context is the last argument. */
export interface Verify<Raw extends object> {
  (token: string, context?: RequestContext): Promise<Granted | Refused>
  (
    token: string,
    options: { readonly request: Raw },
    context?: RequestContext,
  ): Promise<Granted | Refused>
}
