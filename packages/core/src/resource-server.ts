import type { Requirements } from './authorization/requirements.ts'
import type { ControlStatus } from './binding/control-events.ts'
import type { IssuerStatus } from './issuers/issuers.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import type { Granted, Outcome } from './model/outcome.ts'
import type { RequestLike } from './model/request-like.ts'
import type { HttpResponse } from './response/http-response.ts'
import type { Refused } from './response/refusal.ts'

/**
 * Decides about one request with the requirements of this guard. Returns the outcome directly if it is already known, and a
 * promise otherwise: always `await` the result. Throws or rejects only with an error of a function of the application: `check`,
 * `errorBody`, `credentials`, `publicUrl`, `mtls.certificate`, or a function in `authorizationDetails`.
 *
 * @example
 * const outcome = await guard({ method: 'GET', url: '/', headers: { authorization: 'Bearer ...' } })
 * if (outcome.kind === 'refused') console.info(outcome.reason)
 */
export type Guard = (request: RequestLike) => MaybePromise<Outcome>

/**
 * Returns the response to a request for the metadata of this API (RFC 9728), or `undefined` for every other request. Returns the
 * response directly if it is already known, and a promise otherwise: always `await` the result.
 *
 * @example
 * const response = await respond(request)
 * if (response !== undefined) return new Response(response.body || null, response)
 */
export type MetadataHandler = (
  request: Pick<RequestLike, 'method' | 'url'>,
) => MaybePromise<HttpResponse | undefined>

/** Result of `status()`. */
export interface ServerStatus {
  /** One entry for each static issuer. */
  readonly issuers: readonly IssuerStatus[]
  /** One entry for each check that depends on a store of the application, such as the detection of used DPoP proofs. */
  readonly controls: readonly ControlStatus[]
}

/** Verifies the access tokens of requests to an API. Created by `createResourceServer`. */
export interface ResourceServer {
  /**
   * Creates a guard, which decides about requests.
   *
   * @throws {ConfigurationError} if the requirements are wrong, so that the application does not start with a mistake
   * @example
   * const guard = server.guard({ scope: 'read:reports', subject: 'machine' })
   */
  guard(requirements?: Requirements): Guard
  /**
   * Decides about one request without a guard. Returns the outcome directly if it is already known, and a promise otherwise: always
   * `await` the result. `getToken` returns tokens of guards only: read the token from the outcome. Validates the requirements at
   * every call. If you need the same requirements again, create a `guard`.
   *
   * Throws or rejects only for programming errors: with a `ConfigurationError` for wrong requirements, or with an error of a
   * function of the application. Such functions are `check`, `errorBody`, `credentials`, `publicUrl`, `mtls.certificate` and the
   * functions in `authorizationDetails`.
   *
   * @example
   * const outcome = await server.authorize(request, { scope: 'read:reports' })
   * if (outcome.kind !== 'granted') return outcome
   */
  authorize(
    request: RequestLike,
    requirements?: Requirements & { readonly optional?: false },
  ): MaybePromise<Granted | Refused>
  authorize(request: RequestLike, requirements?: Requirements): MaybePromise<Outcome>
  /**
   * Verifies a token that does not come from a request, but for example from a socket, a queue or a command line. Pass
   * only the token, without `Bearer`. Uses the same token cache and publishes the same events as a guard.
   *
   * Refuses every bound token (`cnf`), unless `request` is the request with the proof or the certificate. In this case, the binding
   * is checked in the same way as in a guard. No option switches this check off.
   *
   * Returns the outcome directly if it is already known, and a promise otherwise: always `await` the result.
   *
   * Does NOT check scopes, the subject or any other requirement. Some issuers (such as GitHub Actions) issue tokens for any
   * audience to every user of their platform. A granted token of such an issuer does not identify a caller that you trust.
   *
   * @example
   * const outcome = await server.verify(message.token)
   * if (outcome.kind !== 'granted') return socket.close(4401)
   */
  readonly verify: (
    token: string,
    options?: { readonly request: RequestLike },
  ) => MaybePromise<Granted | Refused>
  /**
   * Returns a function that responds to requests for the metadata of this API (RFC 9728). Call that function before every guard. It
   * responds to GET, HEAD and OPTIONS at the well-known path of the option `resource`, and to other methods with 405. The response
   * depends only on the options, and never on `Host`.
   *
   * @throws {ConfigurationError} if the option `resource` or `metadata` is not set
   * @example
   * const respond = server.metadata()
   */
  metadata(): MetadataHandler
  /**
   * Fetches the keys of all static issuers and finds their introspection endpoints. Resolves when both are complete and the replay
   * store of `dpop` is ready.
   *
   * Rejects with a `KeysUnavailableError` or an `IntrospectionUnavailableError` if an issuer is unavailable. Rejects with the error
   * of the replay store, usually a `ReplayStoreError`, if this store cannot be used. In runtimes that import keys asynchronously,
   * rejects with a `ConfigurationError` if a key of the option `jwks` cannot be used. If `metadata.signed` is set, also signs the
   * metadata, and rejects if the key cannot sign.
   *
   * Does NOT check that an introspection endpoint accepts the client credentials. Wrong credentials are detected only when the
   * first token is introspected.
   *
   * @example
   * await server.ready() // before the application listens
   */
  readonly ready: () => Promise<void>
  /**
   * Returns the state of the keys of each static issuer, and the state of the replay store. Does not wait. If the keys of an issuer
   * are not cached, starts to fetch these keys. So calls of `status()` in a readiness probe are enough to fetch them.
   *
   * @example
   * const isReady = server.status().issuers.every(({ keys }) => keys.state !== 'unavailable')
   */
  readonly status: () => ServerStatus
  /**
   * Stops trusting a key of an issuer, for emergencies. From now on, tokens that this key has signed are refused, even if the
   * issuer still publishes the key.
   *
   * `issuer` is a configured issuer, or an issuer that the function `match` accepts. The Entra directories in the option `tenants`
   * share keys, so the key is distrusted for all of them. An issuer from `resolve` has its own keys. `thumbprint` is the SHA-256
   * thumbprint of the key (RFC 7638) in base64url.
   *
   * @throws {ConfigurationError} if the issuer is not configured or has no public keys, or if `thumbprint` is malformed
   * @example
   * server.distrustKey({
   *   issuer: 'https://login.example.com/',
   *   thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
   * })
   */
  readonly distrustKey: (key: { readonly issuer: string; readonly thumbprint: string }) => void
  /**
   * Forgets an issuer that the function `resolve` has returned: its options, its keys and its cached tokens. For the next token of
   * this issuer, `resolve` is called again. Call `forgetIssuer` when your application has added, changed or removed a tenant. The
   * call has an effect only in this process.
   *
   * @throws {ConfigurationError} if the issuer is static, or if `issuers` has no functions
   * @example
   * server.forgetIssuer('https://login.example.com/tenants/acme')
   */
  readonly forgetIssuer: (issuer: string) => void
  /** Aborts outgoing calls, and starts no new calls. Cached keys stay in use. */
  readonly close: () => void
}
