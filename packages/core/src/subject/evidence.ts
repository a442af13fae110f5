/** The levels of reliance on an answer, the best first. */
export const LEVELS = ['configured', 'explicit', 'structural', 'convention'] as const
export type Level = (typeof LEVELS)[number]

/** The evidence for the kind of a subject, by names only: no value of a claim is ever in here. */
export interface Evidence {
  /**
   * The level of reliance on the answer. `configured`: the operator has said it. `explicit`: a marker that
   * the authorization server writes for this very purpose. `structural`: a combination of claims that,
   * by the provider's documentation or source, neither a user nor a client can bring about. `convention`:
   * it holds by custom (RFC 9068 section 2.2), and nobody has confirmed it for this issuer. `none`: there
   * is no answer.
   */
  readonly level: Level | 'none'
  /** The rules that decided, or those that contradict each other. */
  readonly rules: readonly string[]
  /**
   * The claims that they looked at. A `header.` before the name: a parameter of the JOSE header. Empty, as
   * `rules` is, where there is no evidence: all rules were looked at, and none holds.
   */
  readonly claims: readonly string[]
  /** The reason why the kind is unknown. Only where it is. */
  readonly reason?: UnknownReason
}

export const UNKNOWN_REASONS = [
  'no_evidence',
  /** Rules contradict each other, or claims that should name one client name two. */
  'conflict',
  /** A claim that is needed is not what it has to be. */
  'malformed',
  /** The rules agree about the kind, and nothing names the one who it is. */
  'no_id',
  'another_kind_of_token',
  /** A user account of an agent: an account, and nobody behind it. */
  'agent_account',
] as const

/** The reasons why a subject is unknown. */
export type UnknownReason = (typeof UNKNOWN_REASONS)[number]

export function evidence(
  level: Evidence['level'],
  rules: readonly string[],
  claims: readonly string[],
  reason?: UnknownReason,
): Evidence {
  return Object.freeze({
    level,
    rules: Object.freeze([...new Set(rules)]),
    claims: Object.freeze([...new Set(claims)]),
    ...(reason !== undefined && { reason }),
  })
}
