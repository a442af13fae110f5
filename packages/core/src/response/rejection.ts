import type { ChallengeParameters } from './challenge.ts'
import { type Reason, REASONS } from './reasons.ts'

/**
 * The name of a failed check, the expected value, and what was found. Values from the configuration appear
 * as they are. Values from the request appear as a description only: no text is taken from a token.
 */
export interface Explanation {
  /** The name of what was checked: a header field, a header parameter, a claim, a requirement. */
  readonly check: string
  readonly expected: string
  readonly found: string
}

/** Details that some rejections have besides their reason. */
export interface RejectionDetails {
  /** Seconds after which a retry makes sense. Only for faults that are not the caller's. */
  readonly retryAfter?: number | undefined
  /** The configured issuer of the token, where it is known. */
  readonly issuer?: string | undefined
  /** The challenge parameters that only this check knows, such as `scope`. */
  readonly challenge?: ChallengeParameters | undefined
}

/** A failed check. Checks return it; `refuse` turns it into the response. */
export class Rejection {
  readonly reason: Reason
  readonly explanation: Explanation
  readonly retryAfter: number | undefined
  readonly issuer: string | undefined
  readonly challenge: ChallengeParameters | undefined

  constructor(reason: Reason, explanation: Explanation, details: RejectionDetails = {}) {
    this.reason = reason
    this.explanation = explanation
    this.retryAfter = details.retryAfter
    this.issuer = details.issuer
    this.challenge = details.challenge
  }

  /** Returns whether the fault is ours or a server's, and may be over at the next attempt (503). */
  get isUnavailability(): boolean {
    return REASONS[this.reason].status === 503
  }

  /** The same rejection for a token of this issuer. */
  withIssuer(issuer: string): Rejection {
    const { reason, explanation, retryAfter, challenge } = this
    return new Rejection(reason, explanation, { retryAfter, issuer, challenge })
  }
}

/** Describes the type of a value without showing the value. */
export function describeType(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value === '') return 'an empty string'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}
