import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { PrivateKey } from '../signature/private-key.ts'

/**
 * A client secret, or a function that returns it. The function is called for each request to the authorization server, so
 * the secret can be rotated without a restart. If it returns `undefined`, the request is not sent.
 */
export type Secret = string | (() => MaybePromise<string | undefined>)

/**
 * The way in which a client authenticates to the authorization server.
 *
 * - `client_secret_basic`, `client_secret_post`: sends a secret in the `Authorization` header or in the form (RFC 6749
 *   section 2.3.1).
 * - `private_key_jwt`: sends a signed assertion (RFC 7523 section 2.2).
 * - `tls_client_auth`: uses the client certificate that the option `fetch` presents (RFC 8705 section 2).
 *
 * @example
 * const clientAuthentication: ClientAuthentication = {
 *   method: 'client_secret_basic',
 *   secret: () => readFile('/run/secrets/client', 'utf8').then((text) => text.trim()),
 * }
 */
export type ClientAuthentication =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: Secret }
  | PrivateKeyJwt
  | ClientAssertion
  | { readonly method: 'tls_client_auth' }

/** Client authentication with a private key. The authorization server must know the public key (RFC 7523 section 2.2). */
export interface PrivateKeyJwt {
  readonly method: 'private_key_jwt'
  /** The private key, or a function that returns the key. The function is called for each request to the authorization server. */
  readonly key: PrivateKey | (() => MaybePromise<PrivateKey>)
  /**
   * The signature algorithm. Required if the key does not have an `alg`.
   *
   * @default the `alg` of the JWK
   */
  readonly algorithm?: Algorithm
  /**
   * The `kid` in the header of the assertion.
   *
   * @default the `kid` of the JWK, or none
   */
  readonly keyId?: string
  /**
   * The `aud` of the assertion. Some servers require the address of the token endpoint.
   *
   * @default the issuer (RFC 7523 section 3), or the token endpoint if no issuer is configured
   */
  readonly audience?: string
}

/**
 * Client authentication with an assertion from another system, such as the platform of a workload or a KMS (RFC 7523
 * section 2.2).
 */
export interface ClientAssertion {
  readonly method: 'private_key_jwt'
  /**
   * Returns an assertion. Called for each request to the authorization server. If it returns `undefined`, the request is
   * not sent.
   */
  readonly assertion: () => MaybePromise<string | undefined>
}
