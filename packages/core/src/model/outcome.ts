import type { Refused } from '../response/refusal.ts'
import type { ResponseHeaders } from '../response/http-response.ts'
import type { AccessToken } from './access-token.ts'

/** Outcome of a request that is granted. */
export interface Granted {
  readonly kind: 'granted'
  readonly token: AccessToken
  /** Header fields for the response of the handler. */
  readonly headers: ResponseHeaders
}

/** Outcome of a request without credentials, for a guard that is `optional`. */
export interface Anonymous {
  readonly kind: 'anonymous'
  /** Header fields for the response of the handler. */
  readonly headers: ResponseHeaders
}

/**
 * The result of a guard for one request. Narrow on `kind`.
 *
 * @example
 * if (outcome.kind === 'granted') console.info(outcome.token.clientId)
 */
export type Outcome = Granted | Anonymous | Refused

/** The names of the members of all outcomes. */
export const OUTCOME_MEMBERS: readonly string[] = Object.keys({
  kind: 0,
  token: 0,
  headers: 0,
  reason: 0,
  explanation: 0,
  status: 0,
  body: 0,
} satisfies Record<keyof Granted | keyof Anonymous | keyof Refused, 0>)
