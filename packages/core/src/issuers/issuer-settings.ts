import type { ClientAuthentication } from '../authorization-server/client-authentication.ts'
import type { JsonObject } from '../encoding/json.ts'
import type { AlgorithmPolicy } from '../keys/jwk.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { SubjectStatements } from '../subject/context.ts'
import type { ClientIdClaim, ScopeSource } from '../subject/profile.ts'

/** Where the keys of an issuer come from. */
export type KeyOrigin =
  | { readonly kind: 'discovery' }
  | { readonly kind: 'jwks_uri'; readonly uri: string }
  | { readonly kind: 'static'; readonly document: JsonObject }
  | { readonly kind: 'secret'; readonly secret: Uint8Array }
  /** None are needed: the tokens are opaque, and what the issuer says about them is not signed. */
  | { readonly kind: 'unused' }

/** How an issuer is asked about its tokens (RFC 7662). */
export interface IntrospectionSettings {
  /** Found by discovery where it is not given. */
  readonly endpoint: string | undefined
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  readonly response: 'json' | 'jwt'
  /** Those that a signed answer may be signed with. */
  readonly algorithms: readonly Algorithm[]
  readonly tokenTypeHint: 'access_token' | undefined
  /** Seconds that an answer may be used again. */
  readonly maxAge: number
  /** The same where the answer is that the token is not active. */
  readonly negativeMaxAge: number
}

/** In which claims of a token stands what. */
export interface ClaimReading {
  /** Without a value it only has to be there. */
  readonly tokenKindClaim: { readonly name: string; readonly value?: string } | undefined
  /** All that are there have to name the same client. */
  readonly clientIdClaims: readonly ClientIdClaim[]
  readonly scopeSources: readonly ScopeSource[]
  readonly subjects: SubjectStatements
}

/** All that is said about one trusted issuer: the options after validation, defaults filled in. */
export interface IssuerSettings extends ClaimReading {
  /** As in `iss`. */
  readonly issuer: string
  /** As in the metadata: the same, or with `{tenantid}` where the issuer is one tenant of many. */
  readonly metadataIssuer: string
  /** What `tid` has to be, where the issuer is one tenant of many. */
  readonly tenant: string | undefined
  /** `null`: its tokens carry no audience, and `allowedClients` stands in for it. */
  readonly audiences: readonly string[] | null
  readonly allowedClients: readonly string[] | undefined
  readonly keyOrigin: KeyOrigin
  readonly algorithms: AlgorithmPolicy
  /** Which kind of token it issues: judged here, by the issuer, or as the token looks. */
  readonly tokens: 'jwt' | 'opaque' | 'both'
  readonly introspection: IntrospectionSettings | undefined
  readonly tokenType: 'jwt' | 'at+jwt'
  /** Seconds. */
  readonly clockTolerance: number
  /** Seconds since `iat`. */
  readonly maxTokenAge: number | undefined
}
