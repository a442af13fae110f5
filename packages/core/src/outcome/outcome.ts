import type { AccessToken } from '../token/access-token.ts'
import type { Reason } from './reasons.ts'
import type { Explanation } from './rejection.ts'

/** The caller may pass. */
export interface Granted {
  readonly kind: 'granted'
  readonly token: AccessToken
}

/** The request carries no credentials, and the guard is `optional`. */
export interface Anonymous {
  readonly kind: 'anonymous'
}

/** The caller may not pass. Everything an adapter has to write is here, finished. */
export interface Refused {
  readonly kind: 'refused'
  readonly reason: Reason
  /** For the server's own log, never for the response. */
  readonly explanation: Explanation
  readonly status: number
  /** By canonical name; values are header-safe. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The answer to one request under one set of requirements. */
export type Outcome = Granted | Anonymous | Refused
