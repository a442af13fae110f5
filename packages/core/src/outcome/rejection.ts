import type { Reason } from './reasons.ts'

/**
 * What the server may know of a failed check: its name, what was expected, and what was there. Values
 * from configuration appear as they are, values from the request only as a description: no text here
 * is ever taken from a token.
 */
export interface Explanation {
  /** The name of what was looked at: a header field, a header parameter, a claim, a requirement. */
  readonly check: string
  readonly expected: string
  readonly found: string
}

/** A check that failed. Checks return it; one place turns it into what the caller is told. */
export class Rejection {
  readonly reason: Reason
  readonly explanation: Explanation
  /** Seconds after which asking again makes sense. Only where the fault is not the caller's. */
  readonly retryAfter: number | undefined
  /** The configured issuer, where it is known which one the token is from. */
  readonly issuer: string | undefined

  constructor(reason: Reason, explanation: Explanation, retryAfter?: number, issuer?: string) {
    this.reason = reason
    this.explanation = explanation
    this.retryAfter = retryAfter
    this.issuer = issuer
  }

  withIssuer(issuer: string): Rejection {
    return new Rejection(this.reason, this.explanation, this.retryAfter, issuer)
  }
}

/** Names the kind of a value without showing the value. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value === '') return 'an empty string'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}
