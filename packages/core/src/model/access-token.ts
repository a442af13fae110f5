import type { JsonObject } from '../lib/json.ts'
import type { TokenForm } from '../subject/profile.ts'
import type { Subject } from '../subject/subject.ts'

/**
 * The claims of a token, or the members of the introspection response about it, as the authorization server
 * wrote them: frozen, nothing added. Members of a response that are null are left out.
 */
export type Claims = JsonObject

/**
 * A verified access token, the same whatever it was on the wire. Frozen through and through, because one
 * verdict is shared between guards, and between requests with the same token.
 */
export interface AccessToken {
  /** One of the configured issuers. */
  readonly issuer: string
  readonly audience: readonly string[]
  readonly subject: Subject
  /** `undefined` where the token names none, or names two. */
  readonly clientId: string | undefined
  /** From the one claim that holds this token's scopes, in the order in which they stand there. */
  readonly scopes: readonly string[]
  /** Seconds since the epoch (`exp`). Every JWT has one; an issuer need not give one in an introspection answer. */
  readonly expiresAt: number | undefined
  /** Seconds since the epoch (`iat`). */
  readonly issuedAt: number | undefined
  /** Seconds since the epoch (`nbf`). */
  readonly notBefore: number | undefined
  readonly claims: Claims
  /** `jwt`: its signature was verified here. `introspection`: its issuer was asked. */
  readonly verifiedBy: TokenForm
  /** The proofs of possession that were checked. Always empty today: bound tokens are refused. */
  readonly bindings: readonly never[]
  /** Returns whether the token has this scope: compared whole and byte for byte. */
  hasScope(scope: string): boolean
}
