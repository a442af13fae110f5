import type { JsonObject } from '../lib/json.ts'
import type { Scheme } from './challenge.ts'
import { copyOwnMembers } from '../lib/objects.ts'
import { quote, quoteList } from '../lib/quote.ts'
import { type Reason, REASONS } from './reasons.ts'

/**
 * Details of a failed check, for logs.
 *
 * Values from a token are quoted, limited in length, and contain only printable ASCII. If the token is not verified, these values
 * begin with `claimed`. Only `iss`, `aud`, `typ`, `alg`, `kid`, scopes and client ids are shown. Of a time, only the
 * number of seconds from now is shown, such as `3 s ago`. `sub` and all other claims are never shown.
 */
export interface Explanation {
  /** Name of the header field, header parameter, claim or requirement that was checked. */
  readonly check: string
  /** The expected value, or a description of it. */
  readonly expected: string
  /** The value that was found, or a description of it. */
  readonly found: string
}

/** The content of a rejected token. */
export interface RejectedToken {
  /** The JOSE header. Empty for an opaque token. */
  readonly header: JsonObject
  /** The claims, or the members of the introspection response. */
  readonly claims: JsonObject
  /** `true` if the signature was verified, or if the introspection response says that the token is active. */
  readonly isVerified: boolean
  /** The client to which the token was issued. Set only for a verified token. */
  readonly clientId?: string | undefined
  /** The scopes of the token. Set only for a verified token. */
  readonly scopes?: readonly string[] | undefined
}

/** Details that some rejections have in addition to their reason. */
export interface RejectionDetails {
  /** Seconds after which the caller can retry. Set only for a 503. */
  readonly retryAfter?: number | undefined
  /** The configured issuer of the token, if the issuer is known. */
  readonly issuer?: string | undefined
  /** The token, if it could be read. */
  readonly token?: RejectedToken | undefined
  /** The scheme of credentials that could not be read completely. */
  readonly scheme?: Scheme | undefined
  /** A nonce for the client (RFC 9449 section 9). */
  readonly nonce?: string | undefined
  /**
   * The change to make, if the check can describe it more precisely than the general advice for the reason. The text contains
   * only fixed words and values from the configuration.
   */
  readonly advice?: string | undefined
}

/** A failed check. Steps of the pipeline return it, and `refuse` turns it into the response. */
export class Rejection {
  readonly reason: Reason
  readonly explanation: Explanation
  readonly retryAfter: number | undefined
  readonly issuer: string | undefined
  readonly token: RejectedToken | undefined
  readonly scheme: Scheme | undefined
  readonly nonce: string | undefined
  readonly advice: string | undefined

  constructor(reason: Reason, explanation: Explanation, details: RejectionDetails = {}) {
    const own: RejectionDetails = copyOwnMembers(details)
    this.reason = reason
    this.explanation = explanation
    this.retryAfter = own.retryAfter
    this.issuer = own.issuer
    this.token = own.token
    this.scheme = own.scheme
    this.nonce = own.nonce
    this.advice = own.advice
  }

  /** Returns whether this API or another server has failed (503). In this case, a retry can succeed. */
  get isUnavailability(): boolean {
    return REASONS[this.reason].status === 503
  }

  /** Returns the same rejection with more details. Existing details are kept. */
  with(more: RejectionDetails): Rejection {
    const { reason, explanation, retryAfter, issuer, token, scheme, nonce, advice } = this
    const own: RejectionDetails = copyOwnMembers(more)
    return new Rejection(reason, explanation, {
      retryAfter: retryAfter ?? own.retryAfter,
      issuer: issuer ?? own.issuer,
      token: token ?? own.token,
      scheme: scheme ?? own.scheme,
      nonce: nonce ?? own.nonce,
      advice: advice ?? own.advice,
    })
  }

  /** Returns the same rejection with `found` marked as `claimed`, because the token is not verified. */
  asClaimed(): Rejection {
    const { check, expected, found } = this.explanation
    if (found === 'nothing') return this
    return new Rejection(this.reason, { check, expected, found: `claimed ${found}` }, this)
  }
}

/** Describes a value of an unverified token, for an explanation. */
export function showClaimed(value: unknown): string {
  return value === undefined ? 'nothing' : `claimed ${showValue(value)}`
}

/**
 * Describes a value of a verified token, for an explanation. Strings and arrays of strings are quoted and shortened. For any
 * other value, returns its type.
 */
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
