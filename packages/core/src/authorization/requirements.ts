import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { AccessToken } from '../model/access-token.ts'

/** A client at one issuer: ids mean nothing without the issuer that gave them. */
export interface ClientOfIssuer {
  readonly issuer: string
  readonly clientId: string
}

/** How recently the issuer must have called a token active. `maxAge` is in seconds. */
export type IntrospectRequirement = true | { readonly maxAge: number }

/** The requirements of a guard, beyond a valid token. All that are given must be met. */
export interface Requirements<Raw = unknown> {
  /**
   * The scopes the token must have: all of a space-separated string or an array, or with `any` at least
   * one. The challenge names all of them, or the first of `any`.
   */
  readonly scope?: string | readonly string[] | { readonly any: readonly string[] }
  /** The kind the subject must have. `unknown` is neither. */
  readonly subject?: 'machine' | 'user'
  /**
   * The clients that may call: ids, or with several issuers ids with their issuer. An id alone counts at all
   * tenants of an issuer, and so does one with the issuer of all tenants.
   */
  readonly clients?: readonly (string | ClientOfIssuer)[]
  /** The configured issuers whose tokens may call. */
  readonly issuer?: string | readonly string[]
  /** Lets a request without an `Authorization` header pass as anonymous. Bad credentials are refused all the same. */
  readonly optional?: boolean
  /**
   * Asks the issuer whether the token is still active (RFC 7662), which a JWT does not show: `true` for every
   * request, `{ maxAge }` if its last answer is older than that many seconds. The answer for a request counts for
   * all its guards, for at least 5 seconds. The claims of a JWT stay what the handler sees. An answer about
   * another token counts as no answer: 503.
   */
  readonly introspect?: IntrospectRequirement
  /**
   * Called last. `true` grants, `false` refuses with 403, and anything else is a programming error. What it throws
   * goes to the error handling of the framework, and the handler does not run. A public platform such as GitHub,
   * where anybody can request a token for this API, needs `check` or `clients`.
   */
  readonly check?: (token: AccessToken, request: Raw) => MaybePromise<boolean>
}

/** Requirements after validation, in the form in which they are checked. */
export interface CheckedRequirements {
  readonly allScopes: readonly string[]
  readonly anyScopes: readonly string[] | undefined
  /** What challenges name as the scope to ask for: all of `allScopes`, or the first of `anyScopes`. */
  readonly challengeScope: string | undefined
  readonly subject: 'machine' | 'user' | undefined
  readonly clients: readonly Partial<ClientOfIssuer>[] | undefined
  readonly issuers: readonly string[] | undefined
  readonly optional: boolean
  /** Seconds: the highest age of the issuer's answer. 0 asks for every request, `undefined` not at all. */
  readonly introspect: number | undefined
  readonly check: Requirements['check']
}
