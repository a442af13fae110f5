import type { SigningAlgorithm, SigningKey } from './signing-keys.ts'

/** Options of the authorization server. */
export interface AuthorizationServerOptions {
  /** APIs for which it issues tokens. ID tokens are signed with the algorithm of the first one. */
  readonly resources: readonly Resource[]
  readonly clients: readonly Client[]
  /** Users who can sign in. Any password is accepted. */
  readonly users?: readonly User[]
  /**
   * Port on 127.0.0.1. With 0, a free port is chosen.
   *
   * @default 0
   */
  readonly port?: number
  /**
   * Signing keys, such as the `keys` of a server that was closed. A new key is generated for each algorithm
   * without a key. If several keys have the same algorithm, the first one signs and all are published.
   */
  readonly keys?: readonly SigningKey[]
}

/** An API: a resource server (RFC 6749) with a resource indicator (RFC 8707). */
export interface Resource {
  /** An absolute URI. It is the `aud` of the API's tokens. */
  readonly identifier: string
  readonly scopes: readonly string[]
  /** @default 'RS256' */
  readonly algorithm?: SigningAlgorithm
  /**
   * Seconds from issue to expiry.
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
  /** Scopes that the client can get. Default: all scopes of the API. Other scopes are dropped. */
  readonly scopes?: readonly string[]
  /** Lifetime of the client's tokens in seconds. Overrides the `lifetime` of the API. */
  readonly lifetime?: number
}

/** An app without a secret. It gets tokens for its users with the authorization code grant and PKCE. */
export interface PublicClient {
  readonly kind: 'public'
  readonly id: string
  /** Marks an agent. The `act` claim of its tokens names it as the actor (RFC 8693, section 4.1). */
  readonly agent?: true
  /** Scopes that the client can get. Default: all scopes of the API. Other scopes are dropped. */
  readonly scopes?: readonly string[]
  /** Lifetime of the client's tokens in seconds. Overrides the `lifetime` of the API. */
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
