import type { AccessToken, CorsOptions, Requirements } from '@bearward/core'
import type { AdapterBearward } from '@bearward/core/adapter'
import type { Context, MiddlewareHandler } from 'hono'
import type { Verify } from '../types.ts'

/** The requirements of a guard. `check` receives the Hono context. */
export type HonoRequirements = Requirements<Context>

/** The requirements of a guard that refuses callers without a token. */
export type StrictHonoRequirements = HonoRequirements & { readonly optional?: false }

/**
 * A middleware that calls `next` if the request passes, and otherwise responds. Handlers after it read the verified token with
 * `c.get('auth')`.
 */
export type HonoGuard<Token = AccessToken> = MiddlewareHandler<{ Variables: { auth: Token } }>

/** The guards of one configuration, as returned by `createBearward`. */
export interface Bearward extends Omit<
  AdapterBearward<Context, never>,
  'requireToken' | 'verify' | 'metadata' | 'cors'
> {
  /**
   * Creates a guard. A request passes if it contains a valid token that meets the requirements. Otherwise it is refused. With
   * `optional: true`, `c.get('auth')` is `undefined` for a caller without a token.
   *
   * @throws {ConfigurationError} if the requirements are wrong, so that the application does not start with a mistake
   * @example
   * app.get('/reports', requireToken({ scope: 'read:reports' }), (c) =>
   *   c.json({ reportsFor: c.get('auth').clientId }),
   * )
   */
  readonly requireToken: {
    (requirements?: StrictHonoRequirements): HonoGuard
    (requirements: HonoRequirements): HonoGuard<AccessToken | undefined>
  }
  /**
   * Verifies a token that did not come in a request, but for example from a socket or a queue. Pass the token alone, without
   * `Bearer`. Uses the same token cache and publishes the same events as a guard. In Cloudflare Workers, pass `c.executionCtx`,
   * which keeps a fetch of keys alive.
   *
   * Refuses every bound token (`cnf`), unless the second argument is `{ request }`. This `request` is the context of the request
   * with the proof or the certificate. The binding is then checked in the same way as in a guard.
   *
   * Does NOT check scopes, the subject or any other requirement.
   *
   * @example
   * const outcome = await verify(message.token, c.executionCtx)
   * if (outcome.kind !== 'granted') return c.body(null, 403)
   */
  readonly verify: Verify<Context>
  /**
   * Creates a middleware that responds to requests for the metadata of this API (RFC 9728). Mount it before every guard. Requires
   * the options `resource` and `metadata`.
   *
   * @throws {ConfigurationError} if the option `resource` or `metadata` is not set
   * @example
   * app.use(metadata())
   */
  readonly metadata: () => MiddlewareHandler
  /**
   * Creates a middleware for cross-origin requests of browsers. It answers preflight requests without a token. It adds headers to
   * other responses, so that pages of the allowed origins can read these responses. Mount it before every guard, and after
   * `metadata()`. `Access-Control-Allow-Credentials` is never sent, so pages cannot read responses to requests with cookies.
   *
   * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
   * @example
   * app.use(cors({ origins: ['https://app.example.com'] }))
   */
  readonly cors: (options: CorsOptions) => MiddlewareHandler
}
