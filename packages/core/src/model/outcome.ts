import type { Refused, ResponseHeaders } from '../response/refusal.ts'
import type { AccessToken } from './access-token.ts'

/** The caller may pass. */
export interface Granted {
  readonly kind: 'granted'
  readonly token: AccessToken
  /** Header fields for the response of the handler. */
  readonly headers: ResponseHeaders
}

/** The request carries no credentials, and the guard is `optional`. */
export interface Anonymous {
  readonly kind: 'anonymous'
  /** Header fields for the response of the handler. */
  readonly headers: ResponseHeaders
}

/** The result of a guard for one request. */
export type Outcome = Granted | Anonymous | Refused

/** The members of all outcomes. */
export const OUTCOME_MEMBERS = [
  'kind',
  'token',
  'headers',
  'reason',
  'status',
  'body',
  'explanation',
] as const satisfies readonly (keyof Granted | keyof Refused)[]
