import type { JsonObject } from '../lib/json.ts'
import type { Clock } from '../lib/clock.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { SubjectStatements } from '../subject/context.ts'
import type { ClientIdClaim, ScopeSource } from '../subject/profile.ts'
import type { ClientAuthentication } from './client-authentication.ts'
import type { Fetch } from './fetch.ts'

/** The origin of an issuer's keys. */
export type KeyOrigin =
  | { readonly kind: 'discovery' }
  | { readonly kind: 'jwks_uri'; readonly uri: string }
  | { readonly kind: 'static'; readonly document: JsonObject }
  | { readonly kind: 'secret'; readonly secret: Uint8Array }
  /** None are needed: the tokens are opaque, and what the issuer says about them is not signed. */
  | { readonly kind: 'unused' }

/** Settings of introspection (RFC 7662). */
export interface IntrospectionSettings {
  /** Found by discovery where it is not given. */
  readonly endpoint: string | undefined
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  readonly response: 'json' | 'jwt'
  /** Those that a signed answer may be signed with. */
  readonly algorithms: readonly Algorithm[]
  readonly tokenTypeHint: 'access_token' | undefined
  /** Those of responses. `null`: they have none, and `allowedClients` stands in for it. */
  readonly audiences: readonly string[] | null
  /** Seconds that an answer may be used again. */
  readonly maxAge: number
  /** The same where the answer is that the token is not active. */
  readonly negativeMaxAge: number
  /** Makes the token of a probe. `undefined`: a random one. `false`: there are no probes. */
  readonly probe: false | (() => string) | undefined
}

/** A claim that only access tokens have, and its value where it matters. */
export interface TokenUse {
  readonly claim: string
  readonly value?: string
}

/** The names of the claims that are read. */
export interface ClaimReading {
  /** The claim that marks access tokens. Without a value it only has to be present. */
  readonly tokenUse: TokenUse | undefined
  /** All that are there have to name the same client. */
  readonly clientIdClaims: readonly ClientIdClaim[]
  readonly scopeSources: readonly ScopeSource[]
  readonly subjects: SubjectStatements
}

export type TokenFormat = 'jwt' | 'opaque' | 'any'

/** RFC 9068: JSON Web Token profile for access tokens. */
export type JwtProfile = 'rfc9068'

/** The settings of one trusted issuer: the options after validation, with defaults. */
export interface IssuerSettings extends ClaimReading {
  /** As in `iss`. */
  readonly issuer: string
  /** As in the metadata: the same, or with `{tenantid}` where the issuer is one tenant of many. */
  readonly metadataIssuer: string
  /** The required `tid`, where the issuer is one tenant of many. */
  readonly tenant: string | undefined
  /** `null`: its tokens carry no audience, and `allowedClients` stands in for it. */
  readonly audiences: readonly string[] | null
  readonly allowedClients: readonly string[] | undefined
  readonly keyOrigin: KeyOrigin
  readonly algorithms: AlgorithmPolicy
  /** Access tokens are verified here, introspected, or either. */
  readonly tokenFormat: TokenFormat
  readonly introspection: IntrospectionSettings | undefined
  /** `undefined`: tolerant of servers that do not write `at+jwt`. */
  readonly jwtProfile: JwtProfile | undefined
  /** Seconds. */
  readonly clockTolerance: number
  /** Seconds since `iat`. */
  readonly maxTokenAge: number | undefined
}

/** The algorithms of an issuer, and whether the configuration names them or leaves the default. */
export interface AlgorithmPolicy {
  readonly algorithms: readonly Algorithm[]
  readonly named: boolean
}

/** The ages that options set, in seconds. */
export interface KeyAges {
  readonly maxAge: number
  readonly staleLimit: number
}

/** The place of the token in a request, if not `Authorization`: see the option `credentials`. */
export type CredentialsOption<Raw extends object = never> =
  | { readonly header: string }
  | ((request: Raw) => string | undefined)

/** The number of verified tokens that are remembered, and the bytes that they take. */
export interface TokenCacheLimits {
  readonly maxEntries: number
  readonly maxBytes: number
}

/** Settings that all issuers share: the options after validation, with defaults. */
export interface Settings {
  readonly issuers: readonly IssuerSettings[]
  readonly clock: Clock
  readonly fetch: Fetch
  /** Milliseconds: the option `fetchTimeout`. */
  readonly fetchTimeout: number
  readonly insecureHosts: readonly string[]
  readonly keyAges: KeyAges
}
