import type { JsonObject } from '../lib/json.ts'
import type { ChallengeParameters } from './challenge.ts'
import { ownMembers } from '../lib/objects.ts'
import { quote, quoteList } from '../lib/quote.ts'
import { type Reason, REASONS } from './reasons.ts'

/**
 * The name of a failed check, the expected value, and the value or a description of what was found. Values from a token are
 * quoted, in printable ASCII, and bounded in length. They are marked as `claimed` if the token is not verified. Only `iss`,
 * `aud`, `typ`, `alg`, `kid`, scopes and client ids are shown, never `sub` or another claim.
 */
export interface Explanation {
  /** The name of what was checked: a header field, a header parameter, a claim, a requirement. */
  readonly check: string
  readonly expected: string
  readonly found: string
}

/** The content of a rejected token. */
export interface RejectedToken {
  /** The JOSE header. Empty for an opaque token. */
  readonly header: JsonObject
  /** The claims, or the members of the introspection response. */
  readonly claims: JsonObject
  /** True if its signature was verified, or its issuer has called it active. */
  readonly isVerified: boolean
  /** The client to which it was issued. Only of a verified token. */
  readonly clientId?: string | undefined
  /** Only of a verified token. */
  readonly scopes?: readonly string[] | undefined
}

/** Details that some rejections have besides their reason. */
export interface RejectionDetails {
  /** Seconds after which a retry makes sense. Only for faults that are not the caller's. */
  readonly retryAfter?: number | undefined
  /** The configured issuer of the token, where it is known. */
  readonly issuer?: string | undefined
  /** The challenge parameters that only this check knows, such as `scope`. */
  readonly challenge?: ChallengeParameters | undefined
  /** The token, if it could be read. */
  readonly token?: RejectedToken | undefined
  /** The change to make, if the check knows it better than the table of advice. A fixed text, or made of options. */
  readonly advice?: string | undefined
}

/** A failed check. Checks return it; `refuse` turns it into the response. */
export class Rejection {
  readonly reason: Reason
  readonly explanation: Explanation
  readonly retryAfter: number | undefined
  readonly issuer: string | undefined
  readonly challenge: ChallengeParameters | undefined
  readonly token: RejectedToken | undefined
  readonly advice: string | undefined

  constructor(reason: Reason, explanation: Explanation, details: RejectionDetails = {}) {
    const own: RejectionDetails = ownMembers(details)
    this.reason = reason
    this.explanation = explanation
    this.retryAfter = own.retryAfter
    this.issuer = own.issuer
    this.challenge = own.challenge
    this.token = own.token
    this.advice = own.advice
  }

  /** Returns whether the fault is ours or a server's, and may be over at the next attempt (503). */
  get isUnavailability(): boolean {
    return REASONS[this.reason].status === 503
  }

  /** Returns the same rejection with more details. Those that it has already stay. */
  with(more: RejectionDetails): Rejection {
    const { reason, explanation, retryAfter, issuer, challenge, token, advice } = this
    const own: RejectionDetails = ownMembers(more)
    return new Rejection(reason, explanation, {
      retryAfter: retryAfter ?? own.retryAfter,
      issuer: issuer ?? own.issuer,
      challenge: challenge ?? own.challenge,
      token: token ?? own.token,
      advice: advice ?? own.advice,
    })
  }

  /** Returns the same rejection, with what was found marked as the statement of a token that is not verified. */
  asClaimed(): Rejection {
    const { check, expected, found } = this.explanation
    if (found === 'nothing') return this
    return new Rejection(this.reason, { check, expected, found: `claimed ${found}` }, this)
  }
}

/** Shows a value of a token that is not verified. */
export function showClaimed(value: unknown): string {
  return value === undefined ? 'nothing' : `claimed ${showValue(value)}`
}

/** Shows a value of a verified token: texts are quoted and bounded, and of other values only the type is shown. */
export function showValue(value: unknown): string {
  if (typeof value === 'string' && value !== '') return quote(value)
  const isList = Array.isArray(value) && value.length > 0
  return isList && value.every((entry) => typeof entry === 'string')
    ? quoteList(value)
    : describeType(value)
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
