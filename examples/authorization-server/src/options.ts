import type { SigningAlgorithm, SigningKey } from './signing-keys.ts'

/** Options of the authorization server. */
export interface AuthorizationServerOptions {
  /** APIs for which the server issues tokens. ID tokens are signed with the algorithm of the first API. */
  readonly resources: readonly Resource[]
  readonly clients: readonly Client[]
  /** Users who can sign in. Any password is accepted. */
  readonly users?: readonly User[]
  /**
   * Port on 127.0.0.1. 0 selects a free port.
   *
   * @default 0
   */
  readonly port?: number
  /**
   * Signing keys, for example the `keys` of a closed server. The server generates a key for each algorithm
   * that has no key. If several keys have the same algorithm, the first one signs, and all are published.
   */
  readonly keys?: readonly SigningKey[]
  /**
   * Requires a nonce of the server in each DPoP proof (RFC 9449, section 8). DPoP is always supported.
   *
   * @default false
   */
  readonly requireDpopNonce?: boolean
}

/** An API: a resource server (RFC 6749) with a resource indicator (RFC 8707). */
export interface Resource {
  /** Absolute URI: the `aud` of the API's tokens. */
  readonly identifier: string
  readonly scopes: readonly string[]
  /** @default 'RS256' */
  readonly algorithm?: SigningAlgorithm
  /**
   * Lifetime of the tokens in seconds.
   *
   * @default 3600
   */
  readonly lifetime?: number
  /**
   * Token format: a JWT (RFC 9068), or an opaque string, which requires introspection.
   *
   * @default 'jwt'
   */
  readonly format?: 'jwt' | 'opaque'
}

export type Client = ConfidentialClient | PublicClient

/** A machine with a secret. It uses the client credentials grant. */
export interface ConfidentialClient {
  readonly kind: 'confidential'
  readonly id: string
  readonly secret: string
  /**
   * Scopes that the client can get. Tokens do not contain other scopes, even if the client requests them.
   *
   * @default all scopes of the API
   */
  readonly scopes?: readonly string[]
  /**
   * Lifetime of the client's tokens in seconds.
   *
   * @default the `lifetime` of the API
   */
  readonly lifetime?: number
}

/** An app without a secret. It requests tokens for its users with the authorization code grant and PKCE. */
export interface PublicClient {
  readonly kind: 'public'
  readonly id: string
  /** Marks an agent. The `act` claim of its tokens names it as the actor (RFC 8693, section 4.1). */
  readonly agent?: true
  /**
   * Scopes that the client can get. Tokens do not contain other scopes, even if the client requests them.
   *
   * @default all scopes of the API
   */
  readonly scopes?: readonly string[]
  /**
   * Lifetime of the client's tokens in seconds.
   *
   * @default the `lifetime` of the API
   */
  readonly lifetime?: number
}

/** A user who can sign in. */
export interface User {
  /** The `sub` of the user's tokens. Must differ from every client id. */
  readonly id: string
  /** The `name` claim, for apps that request the scope `profile`. */
  readonly name?: string
}

/**
 * Redirect URI of every public client. No server listens there: `signIn` reads the code from the redirect
 * response.
 */
export const REDIRECT_URI = 'http://127.0.0.1/signed-in'
