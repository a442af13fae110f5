import type { Explanation } from '../response/rejection.ts'
import type { Reason } from '../response/reasons.ts'

/** A guard refused a request. */
export interface RefusedEvent extends Explanation {
  readonly type: 'refused'
  readonly reason: Reason
  readonly status: number
  /** The change that lets such a request pass, and where to make it. A fixed text. */
  readonly advice: string
  /** The configured issuer of the token, where it is known. */
  readonly issuer: string | undefined
  /** The client to which the token was issued. `undefined`: the token names none, or is not verified. */
  readonly clientId: string | undefined
  /** The requirements of the guard that refused. `undefined`: `verify` was called, and no guard. */
  readonly guard: string | undefined
  /** The method and the pattern of the route, if the framework knows it: `GET /reports/:id`. */
  readonly route: string | undefined
  /** The content of the token, if it could be read. */
  readonly token: DescribedToken | undefined
  /** Seconds that the guard has waited: for keys, the issuer, another guard or a check. */
  readonly duration: number
  /** The id of the request, if the framework or the application gives it one. */
  readonly requestId: string | undefined
}

/**
 * The parts of a token that events show: in printable ASCII, and bounded in length. Parts that the token does not have are
 * left out. Use them in logs only: whoever makes a token decides what is in it.
 */
export interface DescribedToken {
  /** True if its signature was verified, or its issuer has called it active. False: anybody may have written it. */
  readonly isVerified: boolean
  readonly iss?: string
  readonly aud?: string | readonly string[]
  readonly typ?: string
  readonly alg?: string
  readonly kid?: string
  /** Of a verified token only. */
  readonly scopes?: readonly string[]
}
