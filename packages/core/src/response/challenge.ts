/** An authentication scheme for access tokens: RFC 6750 and RFC 9449. */
export type Scheme = 'Bearer' | 'DPoP'

/** One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1). */
export interface Challenge {
  readonly scheme: Scheme
  readonly parameters: ChallengeParameters
}

/** The parameters of a challenge, in the order in which they are written (RFC 6750 section 3, RFC 9728, RFC 9470, RFC 9449). */
export interface ChallengeParameters {
  readonly realm?: string | undefined
  readonly error?: string | undefined
  readonly error_description?: string | undefined
  readonly scope?: string | undefined
  /** URL of the metadata of this API (RFC 9728 section 5.1). */
  readonly resource_metadata?: string | undefined
  /** Authentication context classes, separated by spaces (RFC 9470 section 3). */
  readonly acr_values?: string | undefined
  /** Seconds (RFC 9470 section 3). */
  readonly max_age?: string | undefined
  /** The algorithms of proofs, separated by spaces (RFC 9449 section 7.1). */
  readonly algs?: string | undefined
}

/** Characters that RFC 6750 section 3 allows in a quoted value: printable ASCII without quotes and backslashes. */
const QUOTABLE = /^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/

/** Returns whether a text can be the value of a challenge parameter without escaping. */
export function isQuotable(value: string): boolean {
  return QUOTABLE.test(value)
}

/**
 * Returns the value of one `WWW-Authenticate` line (RFC 6750 section 3, RFC 9110 section 11.6.1).
 *
 * @throws {TypeError} if a value needs escaping. Values come from validated options or fixed texts, so this is a
 * programming error.
 */
export function writeChallenge({ scheme, parameters }: Challenge): string {
  const written: string[] = []
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue
    if (!isQuotable(value)) throw new TypeError(`The challenge parameter ${name} cannot be quoted.`)
    written.push(`${name}="${value}"`)
  }
  return `${scheme} ${written.join(', ')}`
}
