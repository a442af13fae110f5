import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { PrivateKey } from '../signature/private-key.ts'

/**
 * A secret, or a function that is asked for it at each use, so that it can be rotated without a restart. Where the
 * function gives none, there are no credentials.
 */
export type Secret = string | (() => MaybePromise<string | undefined>)

/** The way in which a client authenticates at the authorization server. */
export type ClientAuthentication =
  /** RFC 6749 section 2.3.1: in the `Authorization` header, or in the form. */
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: Secret }
  | PrivateKeyJwt
  | ClientAssertion
  /** RFC 8705 section 2: by the certificate that one's own `fetch` presents. */
  | { readonly method: 'tls_client_auth' }

/** RFC 7523 section 2.2, with a key of which the authorization server has the public half. */
export interface PrivateKeyJwt {
  readonly method: 'private_key_jwt'
  readonly key: PrivateKey | (() => MaybePromise<PrivateKey>)
  /** Default: the `alg` of the JWK. */
  readonly algorithm?: Algorithm
  /** Default: the `kid` of the JWK, or none. */
  readonly keyId?: string
  /** Whom the assertion is for. Default: the issuer (RFC 7523 section 3); some servers want the token endpoint. */
  readonly audience?: string
}

/** RFC 7523 section 2.2, with an assertion that somebody else makes: the platform of a workload, a KMS. */
export interface ClientAssertion {
  readonly method: 'private_key_jwt'
  /** Is asked at each use. */
  readonly assertion: () => MaybePromise<string | undefined>
}
