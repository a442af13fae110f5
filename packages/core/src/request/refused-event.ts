import type { Explanation } from '../response/rejection.ts'
import type { Reason } from '../response/reasons.ts'

/**
 * Published when a guard or `authorize` refuses a request, or when `verify` refuses a token.
 *
 * @example
 * ```ts
 * {
 *   type: 'refused',
 *   reason: 'wrong_audience',
 *   status: 401,
 *   check: 'aud',
 *   expected: 'https://api.example.com',
 *   found: '"https://other.example.com"',
 *   advice:
 *     'In the client: request a token for this API with the parameter that the provider expects: audience, resource or scope. If aud is another name of this API, add it to the option audience.',
 *   issuer: 'https://login.example.com/',
 *   clientId: 'reports-cron',
 *   guard: '{ scope: "read:reports" }',
 *   route: 'GET /reports/:id',
 *   token: {
 *     isVerified: true,
 *     iss: 'https://login.example.com/',
 *     aud: 'https://other.example.com',
 *     typ: 'at+jwt',
 *     alg: 'ES256',
 *     kid: '2026-11',
 *     scopes: ['read:reports'],
 *   },
 *   duration: 0,
 *   requestId: 'req-7',
 * }
 * ```
 */
export interface RefusedEvent extends Explanation {
  readonly type: 'refused'
  readonly reason: Reason
  readonly status: number
  /**
   * The change after which such a request is granted, and the place of this change. The text contains nothing from the request.
   */
  readonly advice: string
  /** The configured issuer of the token, if it is known. */
  readonly issuer: string | undefined
  /**
   * The client to which the token was issued. `undefined` if the token names no client or is not verified, or if the client id
   * may identify a person.
   */
  readonly clientId: string | undefined
  /** The requirements that the request had to meet, as text. `undefined` if `verify` was called without a request. */
  readonly guard: string | undefined
  /** The method and the pattern of the route, if the framework knows the route: `GET /reports/:id`. */
  readonly route: string | undefined
  /** The content of the token, if it could be read. */
  readonly token: DescribedToken | undefined
  /** Seconds since the guard first had to wait, for example for keys, introspection, another guard or `check`. 0: no wait. */
  readonly duration: number
  /** The id of the request, if the framework or the application has set an id. */
  readonly requestId: string | undefined
}

/**
 * The parts of a token that events contain: printable ASCII, bounded in length. Parts that the token does not have are
 * omitted. Use these values only in logs, because they may come from an attacker.
 */
export interface DescribedToken {
  /** `true` if the signature was verified, or if introspection returned `active`. If `false`, the token may be forged. */
  readonly isVerified: boolean
  readonly iss?: string
  readonly aud?: string | readonly string[]
  readonly typ?: string
  readonly alg?: string
  readonly kid?: string
  /** The scopes of a verified token. Omitted if they are read from a claim about a person, such as `sub`. */
  readonly scopes?: readonly string[]
}
