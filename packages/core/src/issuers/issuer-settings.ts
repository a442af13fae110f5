import type { JsonObject } from '../encoding/json.ts'
import type { AlgorithmPolicy } from '../keys/jwk.ts'
import type { SubjectStatements } from '../subject/context.ts'
import type { ScopeSource } from '../subject/profile.ts'

/** Where the keys of an issuer come from. */
export type KeyOrigin =
  | { readonly kind: 'discovery' }
  | { readonly kind: 'jwks_uri'; readonly uri: string }
  | { readonly kind: 'static'; readonly document: JsonObject }
  | { readonly kind: 'secret'; readonly secret: Uint8Array }

/** All that is said about one trusted issuer: the options after validation, defaults filled in. */
export interface IssuerSettings {
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
  readonly tokenType: 'jwt' | 'at+jwt'
  /** Without a value it only has to be there. */
  readonly tokenKindClaim: { readonly name: string; readonly value?: string } | undefined
  /** All that are there have to name the same client. */
  readonly clientIdClaims: readonly string[]
  readonly scopeSources: readonly ScopeSource[]
  readonly subjects: SubjectStatements
  /** Seconds. */
  readonly clockTolerance: number
  /** Seconds since `iat`. */
  readonly maxTokenAge: number | undefined
}
