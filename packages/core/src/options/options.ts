import type { Clock } from '../lib/clock.ts'
import type { BearwardEventListener } from '../events.ts'
import type { ClientAuthentication } from '../model/client-authentication.ts'
import type { Fetch } from '../model/fetch.ts'
import type { RefusalBody, RefusalView } from '../response/refusal.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { Provider } from '../subject/providers.ts'

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
   * by discovery (RFC 8414, OpenID Connect), unless `jwksUri`, `jwks` or `secret` is given.
   */
  readonly issuer: string
  /**
   * The tenants whose tokens are accepted, where `issuer` has `{tenantid}` in it, as the multi-tenant issuer
   * of Microsoft Entra ID does. The token's `tid` has to be the tenant of its `iss`.
   */
  readonly tenants?: readonly string[]
  /**
   * The identifiers of this API. A token must name one of them in `aud`. `null`: the tokens of this issuer
   * have no audience (Cognito). `null` requires `allowedClients`, and a rule that tells its access tokens from
   * its other tokens: `tokenUse`, or `jwtProfile: 'rfc9068'`. Tokens with an audience are then refused.
   */
  readonly audience: string | readonly string[] | null
  /** The only clients whose tokens are accepted, by client id. */
  readonly allowedClients?: readonly string[]
  /** Where the issuer's JWK Set is, instead of discovery. May be an internal address. */
  readonly jwksUri?: string
  /** The public keys of the issuer as a JWK Set. They are never fetched. */
  readonly jwks?: { readonly keys: readonly object[] }
  /**
   * The HMAC secret of an issuer that has nothing else: at least 32 bytes, or as many as the hash of the
   * algorithm has. Never a string. Whoever knows it can make tokens.
   */
  readonly secret?: Uint8Array | SecretKeyObject
  /** The signature algorithms this issuer may use. Default: all with public keys; `HS256` for a `secret`. */
  readonly algorithms?: readonly Algorithm[]
  /**
   * The format of the access tokens. `'jwt'`: they are verified here. `'opaque'`: they are introspected, whatever
   * they look like. `'any'`: JWTs are verified here, and introspected only while the keys are unavailable; all
   * other tokens are introspected. Only one issuer may have another format than `'jwt'`.
   *
   * @default 'jwt'
   */
  readonly tokenFormat?: 'jwt' | 'opaque' | 'any'
  /**
   * How this issuer is asked about its tokens (RFC 7662): for guards that require `introspect`, and for a
   * `tokenFormat` other than `'jwt'`. Cannot be combined with `tenants`.
   */
  readonly introspection?: IntrospectionOptions
  /**
   * `'rfc9068'` requires the `typ` and the claims of RFC 9068. Left out: a `typ` of `at+jwt`, `JWT` or none is
   * accepted, and every token that is recognized as another kind (such as an ID token) is refused.
   */
  readonly jwtProfile?: 'rfc9068'
  /**
   * Whose product this authorization server is, which says how its tokens name clients, users, scopes and
   * machines. Recognised by itself where the vendor alone can operate `issuer` (Auth0, Entra, Okta,
   * Cognito and others); never guessed from a token. What the options below say goes first.
   */
  readonly provider?: Provider
  /**
   * The claim and the value that mark the access tokens of this issuer, such as `token_use`: `access` at Cognito.
   * In an introspection answer the claim may be missing, but may not have another value.
   *
   * @example
   * { claim: 'token_use', value: 'access' }
   */
  readonly tokenUse?: { readonly claim: string; readonly value: string }
  /** The claim that holds the client id. Default: the provider's, else `'client_id'` (RFC 9068 section 2.2). */
  readonly clientIdClaim?: string
  /** The one claim that holds the scopes. Default: the provider's, else `'scope'`. */
  readonly scopeClaim?: string
  /** Whether that claim is a space-separated string or an array of strings. Default: the provider's, else `'string'`. */
  readonly scopeFormat?: 'string' | 'array'
  /**
   * What a machine's `sub` is on this issuer, and no user's ever is. `'client_id'`: a machine's `sub` is
   * its client id, and no user's ever equals the client id in the same token; only say so where users and
   * clients cannot choose their identifiers to match. `'absent'`: a machine has no `sub`, and every user has
   * one, in introspection answers too. Where no rules of a provider say more, all others are then users: never
   * set it where machines have a `sub` of their own (Keycloak, Entra, Auth0). Where the provider's rules, or a
   * trace of a user, say otherwise of a token, its subject is unknown.
   */
  readonly machineSubject?: 'client_id' | 'absent'
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

/** Options that do not depend on the issuer. `Raw` is the request of the framework. */
export interface CommonOptions<Raw extends object = object> {
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
   * Seconds after which fetched keys are stale. They are fetched again earlier, in the background.
   * `Cache-Control` may shorten it, but not below 30. From 30 to 86400.
   *
   * @default 600
   */
  readonly jwksMaxAge?: number
  /**
   * Seconds for which fetched keys stay in use while they cannot be fetched again. At least `jwksMaxAge`, at most
   * 604800.
   *
   * @default 86400
   */
  readonly jwksStaleIfError?: number
  /**
   * How many verified JWTs are remembered, and the bytes of memory that they take. The signature of a remembered
   * token is not verified again. Its times, and that its key is still listed and trusted, are checked at every
   * request. `false`: no token is remembered.
   *
   * @default { maxEntries: 5000, maxBytes: 16777216 }
   */
  readonly tokenCache?: false | { readonly maxEntries?: number; readonly maxBytes?: number }
  /** Called for every event, above all for refusals and their reasons. Errors that it throws are ignored. */
  readonly onEvent?: BearwardEventListener<Raw>
  /** Returns the body of a refusal. Errors that it throws go to the error handling of the framework. */
  readonly errorBody?: (refusal: RefusalView) => RefusalBody | undefined
  /** For tests. */
  readonly clock?: Clock
}

/** One issuer, or several: never both forms at once. `Raw` is the request of the framework. */
export type ResourceServerOptions<Raw extends object = object> = CommonOptions<Raw> &
  ((IssuerOptions & { readonly issuers?: never }) | SeveralIssuers)

type SeveralIssuers = { readonly issuers: readonly IssuerOptions[] } & {
  readonly [name in keyof IssuerOptions]?: never
}
