import type { Requirements } from './authorization/requirements.ts'
import type { ControlStatus } from './binding/control-events.ts'
import type { IssuerStatus } from './issuers/issuers.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import type { Granted, Outcome } from './model/outcome.ts'
import type { RequestLike } from './model/request-like.ts'
import type { HttpResponse } from './response/http-response.ts'
import type { Refused } from './response/refusal.ts'

/**
 * Decides about one request with the requirements of this guard. Returns the outcome directly if it is known, and a
 * promise otherwise: always `await` it. Throws or rejects only with an error of a function of the application: `check`,
 * `errorBody`, `credentials`, `publicUrl`, `mtls.certificate`, or a function in `authorizationDetails`.
 *
 * @example
 * const outcome = await guard({ method: 'GET', url: '/', headers: { authorization: 'Bearer ...' } })
 * if (outcome.kind === 'refused') console.info(outcome.reason)
 */
export type Guard = (request: RequestLike) => MaybePromise<Outcome>

/**
 * Returns the response to a request for the metadata of this API (RFC 9728), or `undefined` for every other request. Returns it
 * directly if it is known, and a promise otherwise: always `await` it.
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
  /** The checks that depend on a store of the application, such as the detection of used DPoP proofs. */
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
   * Returns the outcome for one request without a guard, directly if it is known, and as a promise otherwise: always
   * `await` it. `getToken` does not find the token. Validates the requirements at every call. If they are used again,
   * create a `guard`.
   *
   * Throws or rejects only for programming errors: a `ConfigurationError` for wrong requirements, and an error of a function of the
   * application. Such functions are `check`, `errorBody`, `credentials`, `publicUrl` and `mtls.certificate`.
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
   * Verifies a token from another source than a request, such as a socket, a queue or a command line. Pass
   * the token alone, without `Bearer`. Uses the same token cache and publishes the same events as a guard.
   *
   * Refuses every bound token (`cnf`), unless `request` is the request with the proof or the certificate. The binding is then checked
   * as by a guard. There is no option to skip this check.
   *
   * Returns the outcome directly if it is known, and a promise otherwise: always `await` it.
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
   * Returns a function that responds to requests for the metadata of this API (RFC 9728). Call it before every guard. It responds
   * to GET, HEAD and OPTIONS at the well-known path of the option `resource`, and to other methods with 405. The response depends
   * on the options alone, and never on `Host`.
   *
   * @throws {ConfigurationError} if the options `resource` and `metadata` are not set
   * @example
   * const respond = server.metadata()
   */
  metadata(): MetadataHandler
  /**
   * Fetches the keys of all static issuers and finds their introspection endpoints. Resolves when this is done, and when the replay
   * store of `dpop` is ready.
   *
   * Rejects with a `KeysUnavailableError` or an `IntrospectionUnavailableError` if an issuer is unavailable, and with the error of
   * the replay store, usually a `ReplayStoreError`. In runtimes that
   * import keys asynchronously, rejects with a `ConfigurationError` if a key of the option `jwks` cannot be used. Also signs the
   * metadata, if `metadata.signed` is set, and rejects if the key cannot sign.
   *
   * Does NOT check that an introspection endpoint accepts the client credentials. The first introspected token shows it.
   *
   * @example
   * await server.ready() // before the application listens
   */
  readonly ready: () => Promise<void>
  /**
   * Returns the state of the keys of each static issuer, and of the stores that checks depend on, without waiting. If the keys of an
   * issuer are not cached, starts to fetch them, so a readiness probe is enough to fetch them.
   *
   * @example
   * const isReady = server.status().issuers.every(({ keys }) => keys.state !== 'unavailable')
   */
  readonly status: () => ServerStatus
  /**
   * Stops trusting a key of an issuer, for emergencies. Tokens that are signed with it are refused from now on, even if the
   * issuer still publishes the key.
   *
   * `issuer` is a configured issuer, or one that the function `match` accepts. Tenants share their keys, so the key is distrusted for all tenants. `thumbprint` is the
   * SHA-256 thumbprint of the key (RFC 7638) in base64url.
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
   * Forgets the options of an issuer that the function `resolve` has returned, its keys and its cached tokens. The next token of
   * the issuer makes `resolve` be called. Call it when your application has added, changed or removed a tenant. Has an effect
   * only in this process.
   *
   * @throws {ConfigurationError} if the issuer is static, or if `issuers` has no functions
   * @example
   * server.forgetIssuer('https://login.example.com/tenants/acme')
   */
  readonly forgetIssuer: (issuer: string) => void
  /** Aborts outgoing calls and does not start new ones. Cached keys stay in use. */
  readonly close: () => void
}
