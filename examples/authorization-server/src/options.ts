import type { SigningAlgorithm, SigningKey } from './signing-keys.ts'

/** What the authorization server knows when it starts. Plain data. */
export interface AuthorizationServerOptions {
  /** The APIs it issues tokens for. ID tokens are signed with the algorithm of the first one. */
  readonly resources: readonly Resource[]
  readonly clients: readonly Client[]
  /** Who may sign in. Any password will do. */
  readonly users?: readonly User[]
  /** Loopback port. A free one where it is left out or 0. */
  readonly port?: number
  /**
   * Keys to keep, such as the `keys` of a server that was closed. Algorithms that none of them
   * serves get a fresh key. Of several with one algorithm the first signs, and all are published.
   */
  readonly keys?: readonly SigningKey[]
}

/** An API, called a resource server in RFC 6749 and named by a resource indicator (RFC 8707). */
export interface Resource {
  /** An absolute URI. It becomes the token's `aud`. */
  readonly identifier: string
  readonly scopes: readonly string[]
  /** RS256 by default. */
  readonly algorithm?: SigningAlgorithm
  /** Seconds from issue to expiry, 3600 by default. */
  readonly lifetime?: number
  /** A JWT (RFC 9068, the default) or an opaque string that only introspection can read. */
  readonly format?: 'jwt' | 'opaque'
}

export type Client = ConfidentialClient | PublicClient

/** A machine with a secret. It gets tokens for itself, with the client credentials grant. */
export interface ConfidentialClient {
  readonly kind: 'confidential'
  readonly id: string
  readonly secret: string
  /** The scopes it can get at an API, others are dropped. All the API has by default. */
  readonly scopes?: readonly string[]
  /** Seconds that its tokens for an API live, in place of the resource's `lifetime`. */
  readonly lifetime?: number
}

/** An app that cannot keep a secret. It gets tokens for its users, by code and PKCE. */
export interface PublicClient {
  readonly kind: 'public'
  readonly id: string
  /** An agent: its tokens for users say in `act` (RFC 8693, section 4.1) that it acts for them. */
  readonly agent?: true
  /** The scopes it can get at an API, others are dropped. All the API has by default. */
  readonly scopes?: readonly string[]
  /** Seconds that its tokens for an API live, in place of the resource's `lifetime`. */
  readonly lifetime?: number
}

/** A person who can sign in. */
export interface User {
  /** The `sub` of the user's tokens. Keep it apart from every client id. */
  readonly id: string
  /** The `name` claim, shown to apps that ask for the scope `profile`. */
  readonly name?: string
}

/**
 * Where a signed-in user is sent back to, in every public client. Nobody listens there: whoever
 * drives the sign-in reads the code from the redirect itself.
 */
export const REDIRECT_URI = 'http://127.0.0.1/signed-in'
