/** Levels of evidence, the strongest first. */
export const LEVELS = ['configured', 'explicit', 'structural', 'convention'] as const
export type Level = (typeof LEVELS)[number]

/** The evidence for the kind of a subject. Contains names only, never the value of a claim. */
export interface Evidence {
  /**
   * The strength of the evidence:
   *
   * - `configured`: an option determines the kind.
   * - `explicit`: the authorization server writes a claim for this purpose.
   * - `structural`: a combination of claims shows the kind. According to the documentation or source code of the provider, no
   *   user or client can produce this combination for a subject of another kind.
   * - `convention`: the kind follows a common practice (RFC 9068 section 2.2) that is not confirmed for this issuer.
   * - `none`: the kind is unknown.
   */
  readonly level: Level | 'none'
  /** The rules that decided, or the rules that contradict each other. */
  readonly rules: readonly string[]
  /**
   * The names of the claims that these rules read. If missing or wrong claims make the kind unknown, the list contains
   * their names instead. The prefix `header.` marks a parameter of the JOSE header. `rules` and `claims` are empty if there is no
   * evidence.
   */
  readonly claims: readonly string[]
  /** The reason why the kind is unknown. Set only if it is unknown. */
  readonly reason?: UnknownReason
}

export const UNKNOWN_REASONS = [
  'no_evidence',
  /** Rules contradict each other, or the claims name different clients. */
  'conflict',
  /** A required claim has an invalid value. */
  'malformed',
  /** The rules agree on the kind, but the claim that identifies the subject is missing. */
  'no_id',
  'another_kind_of_token',
  /** The subject is the user account of an agent. */
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
