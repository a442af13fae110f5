import type { AccessToken } from '../token/access-token.ts'
import type { MaybePromise } from '../maybe-promise.ts'

/** A client at one issuer: ids mean nothing without the issuer that gave them. */
export interface ClientOfIssuer {
  readonly issuer: string
  readonly clientId: string
}

/** How lately the issuer has to have called a token active. `maxAge` is in seconds. */
export type Freshness = 'introspect' | { readonly introspect: { readonly maxAge: number } }

/** What a guard asks of the caller, beyond a valid token. Everything that is given has to hold. */
export interface Requirements<Request = unknown> {
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
   * Asks the issuer whether the token is still active (RFC 7662), which a JWT does not tell: for this request
   * with `'introspect'`, or with an answer that is less than so many seconds old. What was asked for a request
   * counts for all its guards, for 5 seconds at least; one that lives longer is asked about again. The claims
   * of a JWT remain what the handler sees, and an answer that is about another token is none.
   */
  readonly freshness?: Freshness
  /**
   * The last word (and, or else `clients`, needed on a public platform such as GitHub, where anybody can have
   * a token made for this API): `true` grants, `false` refuses with 403, anything else is a programming error. What it
   * throws goes to the framework's error channel, and the handler does not run.
   */
  readonly check?: (token: AccessToken, request: Request) => MaybePromise<boolean>
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
  /** The issuer's word has to be younger, in seconds; 0 asks for every request, and `undefined` not at all. */
  readonly freshness: number | undefined
  readonly check: Requirements['check']
}
