import type { ClientAuthentication, Clock, Fetch } from '@bearward/core/for-clients'
import type { TokenEvent } from './events.ts'

/** What a token is for, where it differs from what the source is for. */
export interface TokenRequest {
  /** Scopes, separated by spaces or as an array. */
  readonly scope?: string | readonly string[]
  /** The identifier of the API, as in RFC 8707, or several. Takes the place of `audience`, too. */
  readonly resource?: string | readonly string[]
  /** The same for servers that call it so. Takes the place of `resource`, too. */
  readonly audience?: string
}

/** How a caller waits. */
export interface GetTokenOptions extends TokenRequest {
  /** Ends the wait of this caller. Others go on waiting. */
  readonly signal?: AbortSignal
}

interface CommonOptions extends TokenRequest {
  readonly clientId: string
  /** What the authorization server wants besides, by the names of its own form parameters. */
  readonly parameters?: Readonly<Record<string, string>>
  /** How this client says who it is. A secret or a key can be a function, which is called at each request. */
  readonly clientAuthentication: ClientAuthentication
  /**
   * Where `fetch` may send tokens, such as `https://api.example.com`: one list for all that this source asks for.
   * Default: the https origins of the `resource` of each token. Plain http only on loopback and for hosts named in
   * `allowInsecureHosts`.
   */
  readonly origins?: readonly string[]
  /** Seconds before its end at which a token is replaced. Default: a fifth of its lifetime, at most 300. */
  readonly renewBefore?: number
  /** Seconds for which a token is used where the server does not say how long it lives. Default 300. */
  readonly assumedLifetime?: number
  /**
   * Seconds for which further requests are begun for callers who wait, before they are told that there is no token.
   * 0 is for one request. Default 5, at most 300.
   */
  readonly patience?: number
  /**
   * Seconds that one request for a token may take in all, secret and discovery included. Default 5, at most 30. What
   * `source.fetch` calls takes as long as its own signal allows.
   */
  readonly fetchTimeout?: number
  /**
   * Makes the calls to the authorization server (proxy, private CA, client certificate). Has to honour
   * `redirect: 'manual'`. Default: the global `fetch`.
   */
  readonly fetch?: Fetch
  /** Makes the calls of `source.fetch`. Default: the global `fetch`. */
  readonly resourceFetch?: typeof globalThis.fetch
  /** Host names for which plain http is accepted, besides loopback. For networks of your own only. */
  readonly allowInsecureHosts?: readonly string[]
  /** Is told what happens. What it throws is dropped. */
  readonly onEvent?: (event: TokenEvent) => void
  /** For tests. */
  readonly clock?: Clock
}

/**
 * One of the two addresses, or both: then nothing is discovered, and `issuer` is whom assertions of `private_key_jwt`
 * are for, and a name in events.
 */
export type ClientCredentialsOptions = CommonOptions &
  (
    | {
        /** The issuer identifier, byte for byte. The token endpoint is found by discovery, unless it is given. */
        readonly issuer: string
        readonly tokenEndpoint?: string
      }
    | {
        readonly issuer?: never
        /** Where tokens are asked for, without discovery. */
        readonly tokenEndpoint: string
      }
  )
