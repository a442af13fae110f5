import type { Fetch } from '../authorization-server/bounded-fetch.ts'
import type { ClientAuthentication } from '../authorization-server/client-authentication.ts'
import type { Clock } from '../clock.ts'
import type { BearwardEventListener } from '../events/events.ts'
import type { RefusalBody, RefusalView } from '../outcome/refusal.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { Provider } from '../subject/profiles.ts'

/** An HMAC secret held by Node: a `KeyObject` made by `createSecretKey`. */
export interface SecretKeyObject {
  readonly type: 'secret' | 'public' | 'private'
  export(): unknown
}

/** How an issuer is asked about its tokens (RFC 7662). All times are in seconds. */
export interface IntrospectionOptions {
  /** Default: the `introspection_endpoint` of the metadata. */
  readonly endpoint?: string
  /** This API's own client id at the authorization server. */
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  /** `'jwt'` asks for signed answers (RFC 9701) and takes no others. Default `'json'`. */
  readonly response?: 'json' | 'jwt'
  /** What signed answers may be signed with, out of the algorithms of the issuer. Default: all. With `'jwt'` only. */
  readonly algorithms?: readonly Algorithm[]
  /** Sent along with the token, for servers that look it up faster then. Default: nothing. */
  readonly tokenTypeHint?: 'access_token'
  /**
   * How long an answer is used again, at most until `exp`: so long a revoked token can still be accepted. Default
   * 10, at most 3600. With 0 every request asks.
   */
  readonly maxAge?: number
  /** The same for the answer that a token is not active. Default 3, at most 60, and never longer than `maxAge`. */
  readonly negativeMaxAge?: number
}

/** What is trusted about one issuer. All times are in seconds. */
export interface IssuerOptions {
  /**
   * The issuer identifier, byte for byte as it stands in `iss` (a trailing slash counts). Keys are found
   * by discovery (RFC 8414, OpenID Connect), unless `jwksUri`, `keys` or `secret` is given.
   */
  readonly issuer: string
  /**
   * The tenants whose tokens are accepted, where `issuer` has `{tenantid}` in it, as the multi-tenant issuer
   * of Microsoft Entra ID does. The token's `tid` has to be the tenant of its `iss`.
   */
  readonly tenants?: readonly string[]
  /**
   * The identifiers of this API, of which a token must name one in `aud`. `null` says that the tokens of
   * this issuer carry no audience (Cognito); it takes `allowedClients` and a rule that tells its access
   * tokens from its other tokens (`tokenKindClaim`, or `tokenType: 'at+jwt'`), and refuses tokens that do
   * carry one.
   */
  readonly audience: string | readonly string[] | null
  /** The only clients whose tokens are accepted, by client id. */
  readonly allowedClients?: readonly string[]
  /** Where the issuer's JWK Set is, instead of discovery. May be an internal address. */
  readonly jwksUri?: string
  /** The issuer's public keys themselves, as a JWK Set, instead of fetching them. */
  readonly keys?: { readonly keys: readonly object[] }
  /**
   * The HMAC secret of an issuer that has nothing else: at least 32 bytes, or as many as the hash of the
   * algorithm has. Never a string. Whoever knows it can make tokens.
   */
  readonly secret?: Uint8Array | SecretKeyObject
  /** The signature algorithms this issuer may use. Default: all with public keys; `HS256` for a `secret`. */
  readonly algorithms?: readonly Algorithm[]
  /**
   * What the access tokens of this issuer are. `'jwt'`, the default, are verified here. `'opaque'` ones are
   * introspected, whatever they look like. With `'both'`, JWTs are verified here, and introspected only where
   * the keys cannot be had; everything else is introspected. One issuer may be other than `'jwt'`.
   */
  readonly tokens?: 'jwt' | 'opaque' | 'both'
  /**
   * How this issuer is asked about its tokens (RFC 7662): where a guard asks for `freshness`, and where `tokens`
   * says so. Does not go with `tenants`.
   */
  readonly introspection?: IntrospectionOptions
  /**
   * `'at+jwt'` demands the `typ` and the claims of RFC 9068. Default `'jwt'`: a `typ` of `at+jwt`, `JWT`,
   * or none, and every token that can be told to be of another kind is refused.
   */
  readonly tokenType?: 'jwt' | 'at+jwt'
  /**
   * Whose product this authorization server is, which says how its tokens name clients, users, scopes and
   * machines. Recognised by itself where the vendor alone can operate `issuer` (Auth0, Entra, Okta,
   * Cognito and others); never guessed from a token. What the options below say goes first.
   */
  readonly provider?: Provider
  /**
   * A claim and its value that mark this issuer's access tokens, such as Cognito's `token_use`: `access`. In an
   * introspection answer it has to have that value only where it is there.
   */
  readonly tokenKindClaim?: { readonly name: string; readonly value: string }
  /** The claim that holds the client id. Default: the provider's, else `'client_id'` (RFC 9068 section 2.2). */
  readonly clientIdClaim?: string
  /** The one claim that holds the scopes. Default: the provider's, else `'scope'`. */
  readonly scopeClaim?: string
  /** Whether that claim is a space-separated string or an array of strings. Default: the provider's, else `'string'`. */
  readonly scopeFormat?: 'string' | 'array'
  /**
   * What a machine's `sub` is on this issuer, and no user's ever is. `'client_id'`: a machine's `sub` is
   * its client id, and no user's ever equals the client id in the same token; only say so where users and
   * clients cannot choose their identifiers to match. `'none'`: a machine has no `sub`, and every user has
   * one, in introspection answers too. Where no rules of a provider say more, all others are then users: never
   * set it where machines have a `sub` of their own (Keycloak, Entra, Auth0). Where the provider's rules, or a
   * trace of a user, say otherwise of a token, its subject is unknown.
   */
  readonly machineSubject?: 'client_id' | 'none'
  /**
   * The clients that only ever act for themselves, by client id: their tokens speak for machines, unless an
   * `act` says that they were exchanged for somebody else's. All of them have to be in `allowedClients`, if
   * that is given.
   */
  readonly machineClients?: readonly string[]
  /** Seconds by which clocks may differ. Default 5, at most 300. */
  readonly clockTolerance?: number
  /** Seconds after `iat` from which a token is refused, whatever its `exp`. `iat` is then required. */
  readonly maxTokenAge?: number
}

/** What does not depend on the issuer. `Source` is the framework's request. */
export interface CommonOptions<Source extends object = object> {
  /** The `realm` of challenges. Default `'api'`. */
  readonly realm?: string
  /** Host names for which plain http is accepted, besides loopback. For networks of your own only. */
  readonly allowInsecureHosts?: readonly string[]
  /** Makes the outgoing calls (proxy, private CA, client certificate). Default: the global `fetch`. */
  readonly fetch?: Fetch
  /**
   * Seconds that an attempt to fetch keys (discovery included) or one other outgoing call may take in all.
   * Default 3, at most 30.
   */
  readonly fetchTimeout?: number
  /**
   * Seconds after which fetched keys are replaced; they are fetched again before that, in the background.
   * `Cache-Control` may shorten it, not below 30. Default 600, from 30 to 86400.
   */
  readonly keysMaxAge?: number
  /** Seconds that fetched keys may serve while they cannot be fetched again. Default 86400, at most 604800. */
  readonly keysStaleLimit?: number
  /**
   * How much is remembered of JWTs that were found good: at most so many, in about so many bytes of memory. One
   * that is remembered is not verified again; its times, and whether its key is still listed and trusted, are
   * checked at every request. Default 5000 `entries` and 16777216 `bytes`; with 0 `entries` nothing is remembered.
   */
  readonly verdictCache?: { readonly entries?: number; readonly bytes?: number }
  /** Is told what happens, refusals and their reasons above all. What it throws is dropped. */
  readonly onEvent?: BearwardEventListener<Source>
  /** Writes the body of a refusal. What it throws goes to the framework's error channel. */
  readonly onRefused?: (refusal: RefusalView) => RefusalBody | undefined
  /** For tests. */
  readonly clock?: Clock
}

/** One issuer, or several: never both forms at once. `Source` is the framework's request. */
export type ResourceServerOptions<Source extends object = object> = CommonOptions<Source> &
  ((IssuerOptions & { readonly issuers?: never }) | SeveralIssuers)

type SeveralIssuers = { readonly issuers: readonly IssuerOptions[] } & {
  readonly [name in keyof IssuerOptions]?: never
}
