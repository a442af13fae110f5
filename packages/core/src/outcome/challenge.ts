/** The parameters of a `Bearer` challenge, in the order in which they are written. */
export interface Challenge {
  readonly realm: string
  readonly error?: string | undefined
  readonly error_description?: string | undefined
  readonly scope?: string | undefined
}

/** What RFC 6750 section 3 lets a quoted parameter value hold: no quotes, no backslashes, no controls. */
const QUOTABLE = /^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/

export function isQuotable(value: string): boolean {
  return QUOTABLE.test(value)
}

/**
 * Writes a `WWW-Authenticate` value (RFC 6750 section 3, RFC 9110 section 11.6.1). Every value comes
 * from configuration or from a fixed text, so one that would need escaping is a programming error and
 * throws a `TypeError`.
 */
export function writeChallenge(challenge: Challenge): string {
  const parameters: string[] = []
  for (const [name, value] of Object.entries(challenge)) {
    if (value === undefined) continue
    if (!isQuotable(value)) throw new TypeError(`The challenge parameter ${name} cannot be quoted.`)
    parameters.push(`${name}="${value}"`)
  }
  return `Bearer ${parameters.join(', ')}`
}
