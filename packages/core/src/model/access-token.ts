import type { JsonObject } from '../lib/json.ts'
import type { TokenForm } from '../subject/profile.ts'
import type { Subject } from '../subject/subject.ts'

/**
 * The claims of a token, or the members of its introspection response, as the authorization server wrote them. Nothing is
 * added. The object and all its values are frozen. `null` members of an introspection response are omitted.
 */
export type Claims = JsonObject

/** A binding that the caller of a request has proved. */
export type ProvedBinding = 'dpop' | 'mtls'

/**
 * A verified access token. JWTs and opaque tokens have the same members. The object and all its values are frozen, because several
 * guards and several requests can share it.
 *
 * @example
 * const { subject, clientId, scopes } = auth(request)
 * if (subject.kind === 'machine') console.info('called by a machine', clientId, scopes)
 */
export interface AccessToken {
  /** The issuer of the token: one of the trusted issuers. For an API key, `api-key`. */
  readonly issuer: string
  /** The audiences of the token (`aud`). */
  readonly audience: readonly string[]
  /** The subject of the token, and whether it is a machine or a user. */
  readonly subject: Subject
  /** The client to which the token was issued. `undefined` if the token names no client, or names two. */
  readonly clientId: string | undefined
  /** The scopes of the token, in the order of the claim that contains them. */
  readonly scopes: readonly string[]
  /** Seconds since the epoch (`exp`). Every JWT has this claim. An introspection response may omit it. */
  readonly expiresAt: number | undefined
  /** Seconds since the epoch (`iat`). */
  readonly issuedAt: number | undefined
  /** Seconds since the epoch (`nbf`). */
  readonly notBefore: number | undefined
  readonly claims: Claims
  /**
   * `jwt`: the signature was verified here. `introspection`: the token was introspected. `api_key`: the application has verified an
   * API key.
   */
  readonly verifiedBy: TokenForm | 'api_key'
  /**
   * The bindings that the caller has proved for this request. `dpop`: the caller has the key to which the token is bound (RFC
   * 9449). `mtls`: the caller has the client certificate (RFC 8705). Empty if the token is not bound.
   */
  readonly bindings: readonly ProvedBinding[]
  /**
   * Returns whether the token has this scope. Compares whole strings, and upper and lower case are different.
   *
   * @example
   * if (auth(request).hasScope('write:reports')) saveReport(report)
   */
  hasScope(scope: string): boolean
}
