import type { JsonObject } from '../lib/json.ts'
import type { Clock } from '../lib/clock.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { PrivateKey } from '../signature/private-key.ts'
import type { SubjectSettings } from '../subject/context.ts'
import type { ClaimPath } from '../subject/claim-path.ts'
import type { ClientIdClaim, ScopeSource } from '../subject/profile.ts'
import type { ClientAuthentication } from './client-authentication.ts'
import type { Fetch } from './fetch.ts'

/** The source of an issuer's keys. */
export type KeyOrigin =
  | { readonly kind: 'discovery' }
  | { readonly kind: 'jwks_uri'; readonly uri: string }
  | { readonly kind: 'static'; readonly document: JsonObject }
  | { readonly kind: 'secret'; readonly secret: Uint8Array }
  /** Keys are not needed: the tokens are opaque, and introspection responses are not signed. */
  | { readonly kind: 'unused' }

/** Settings of introspection (RFC 7662). */
export interface IntrospectionSettings {
  /** URL of the introspection endpoint. `undefined`: discovery finds the endpoint. */
  readonly endpoint: string | undefined
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  readonly response: 'json' | 'jwt'
  /** Accepted algorithms of signed responses. */
  readonly algorithms: readonly Algorithm[]
  readonly tokenTypeHint: 'access_token' | undefined
  /** Accepted audiences of responses. `null`: responses have no audience, and `allowedClients` is checked instead. */
  readonly audiences: readonly string[] | null
  /** `true`: no audience was set for introspection, so `audiences` are the audiences of the issuer. */
  readonly hasAudiencesOfIssuer: boolean
  /** Seconds for which an active response (`active: true`) is cached. */
  readonly maxAge: number
  /** Seconds for which an inactive response (`active: false`) is cached. */
  readonly negativeMaxAge: number
  /** Returns the token of a probe. `undefined`: the probe sends a random token. `false`: no probes are sent. */
  readonly probe: false | (() => string) | undefined
}

/** A claim that only access tokens have. If `value` is not set, any value of the claim is accepted. */
export interface TokenUse {
  readonly claim: ClaimPath
  readonly value?: string
}

/** The claims from which the kind of a token, the client, the scopes and the subject are read. */
export interface ClaimReading {
  /** The claim that marks access tokens. */
  readonly tokenUse: TokenUse | undefined
  /** The claims with the client id. If a token has several of these claims, all must contain the same client id. */
  readonly clientIdClaims: readonly ClientIdClaim[]
  readonly scopeSources: readonly ScopeSource[]
  readonly subjects: SubjectSettings
}

export type TokenFormat = 'jwt' | 'opaque' | 'any'

/** The JSON Web Token profile for access tokens (RFC 9068). */
export type JwtProfile = 'rfc9068'

/** The settings of one trusted issuer after validation, with defaults. */
export interface IssuerSettings extends ClaimReading {
  /** The issuer identifier in `iss`. */
  readonly issuer: string
  /** The issuer identifier in the metadata. It contains `{tenantid}` if this is the issuer of a tenant. */
  readonly metadataIssuer: string
  /** The required `tid`, if this is the issuer of a tenant. */
  readonly tenant: string | undefined
  /** Accepted audiences. `null`: tokens have no audience, and `allowedClients` is checked instead. */
  readonly audiences: readonly string[] | null
  /** `true`: `audiences` was taken from the option `resource`, and equivalent spellings of this address are accepted. */
  readonly isAudienceDerived: boolean
  /** `true`: a token that also names another audience is rejected. */
  readonly onlyAudience: boolean
  /**
   * Seconds since the epoch. Before this time, a token without audience is accepted. `undefined`: such a token is never accepted.
   */
  readonly audienceRequiredFrom: number | undefined
  readonly allowedClients: readonly string[] | undefined
  readonly keyOrigin: KeyOrigin
  readonly algorithms: AlgorithmPolicy
  /** `jwt`: tokens are verified here. `opaque`: tokens are introspected. `any`: both. */
  readonly tokenFormat: TokenFormat
  readonly introspection: IntrospectionSettings | undefined
  /** `undefined`: a token may have a `typ` other than `at+jwt`. */
  readonly jwtProfile: JwtProfile | undefined
  /** Additional accepted values of `typ`, in the form that `toMediaType` returns. */
  readonly acceptedTypes: readonly string[]
  /** Seconds by which clocks can differ. */
  readonly clockTolerance: number
  /** Maximum age of a token in seconds since `iat`. */
  readonly maxTokenAge: number | undefined
}

/** The algorithms of an issuer. `named` is `true` if the option `algorithms` is set. */
export interface AlgorithmPolicy {
  readonly algorithms: readonly Algorithm[]
  readonly named: boolean
}

/** The options `jwksMaxAge` and `jwksStaleIfError`, in seconds. */
export interface KeyAges {
  readonly maxAge: number
  readonly staleLimit: number
}

/** The place of the token in a request, if the token is not in the `Authorization` header: see the option `credentials`. */
export type CredentialsOption<Raw extends object = never> =
  | { readonly header: string }
  | ((request: Raw) => string | undefined)

/** The formats in which a proxy writes a client certificate into a header. */
export type CertificateFormat = 'rfc9440' | 'pem-urlencoded' | 'xfcc'

/** Trusted proxies: all addresses that begin with these bits, or the peers of Unix sockets. */
export type TrustedProxy =
  | 'unix'
  | {
      /** `4` or `6` for the family, and then binary digits. */
      readonly bits: string
      /** The zone of an IPv6 address. `undefined`: all zones. */
      readonly zone: string | undefined
    }

/** The header in which trusted proxies send the client certificate. */
export interface CertificateHeader {
  /** The name in lower case. */
  readonly header: string
  readonly format: CertificateFormat
  readonly trustedProxies: readonly TrustedProxy[]
}

/** The option `mtls` after validation, with defaults. */
export interface MtlsSettings {
  readonly certificate: 'tls' | CertificateHeader | ((request: never) => unknown)
  /** `required`: a token that is not bound to a certificate is refused. */
  readonly mode: 'accept' | 'required'
}

/** Limits of the token cache: the number of tokens, and the bytes of memory that they take. */
export interface TokenCacheLimits {
  readonly maxEntries: number
  readonly maxBytes: number
}

/** The settings of an issuer, and warnings about options that are probably wrong. */
export interface CheckedIssuer {
  readonly settings: IssuerSettings
  readonly warnings: readonly { readonly option: string; readonly advice: string }[]
}

/** The option `issuers` with the functions `match` and `resolve`, after validation, with defaults. All times are in seconds. */
export interface DynamicIssuerSettings {
  /** The function `match` of the application. Its result is not checked yet. */
  readonly match: (iss: string) => unknown
  /** The function `resolve` of the application. Its result is not checked yet. */
  readonly resolve: (iss: string, context: { readonly signal: AbortSignal }) => unknown
  /**
   * Reads the options that `resolve` has returned for `iss`.
   *
   * @throws {ConfigurationError} if the options are wrong
   */
  readonly read: (options: unknown, iss: string) => CheckedIssuer
  readonly maxEntries: number
  readonly ttl: number
  readonly negativeTtl: number
  readonly concurrency: number
}

/** The option `metadata` after validation, with defaults: see `MetadataOptions`. */
export interface MetadataSettings {
  readonly authorizationServers: readonly string[] | undefined
  readonly name: string | undefined
  readonly documentation: string | undefined
  readonly policyUri: string | undefined
  readonly tosUri: string | undefined
  readonly jwksUri: string | undefined
  readonly signingAlgorithms: readonly Algorithm[] | undefined
  readonly more: JsonObject
  readonly signed:
    | {
        readonly issuer: string
        readonly key: PrivateKey
        readonly algorithm: Algorithm | undefined
        readonly keyId: string | undefined
      }
    | undefined
  readonly atRoot: boolean
  /** Seconds for which clients may cache the document. */
  readonly maxAge: number
}

/** The scopes of the option `scopes` after validation. */
export interface ScopeSettings {
  /** The scopes of this API. Empty if the option `scopes` is not set. */
  readonly supported: readonly string[]
  /** Map from a scope to all scopes that imply it, directly or through other scopes. */
  readonly impliedBy: ReadonlyMap<string, ReadonlySet<string>>
}

/** All settings after validation, with defaults. */
export interface Settings {
  /** The identifier of this API. */
  readonly resource: string | undefined
  /** `undefined`: this API has no metadata. */
  readonly metadata: MetadataSettings | undefined
  /** `undefined`: certificate-bound tokens are refused. */
  readonly mtls: MtlsSettings | undefined
  readonly scopes: ScopeSettings
  /** The static issuers: the issuers that the options list. */
  readonly issuers: readonly IssuerSettings[]
  /** `undefined`: only the static issuers are trusted. */
  readonly dynamicIssuers: DynamicIssuerSettings | undefined
  /** Returns the provider whose addresses look like this address. `undefined`: no address is compared with providers. */
  readonly getProviderOfAddress?: ((address: string) => string | undefined) | undefined
  readonly clock: Clock
  readonly fetch: Fetch
  /** The option `fetchTimeout`, converted to milliseconds. */
  readonly fetchTimeout: number
  readonly insecureHosts: readonly string[]
  readonly keyAges: KeyAges
}
