/** What decided about the kind of a subject, by names only: no value of a claim is ever in here. */
export interface Evidence {
  /**
   * How far the answer can be relied on. `configured`: the operator has said what tells machines from
   * users on this issuer. `convention`: it holds by custom (RFC 9068 section 2.2) and nobody has
   * confirmed it for this issuer. `none`: there is no answer.
   */
  readonly level: 'configured' | 'convention' | 'none'
  /** Which rule decided. */
  readonly rule: 'sub_is_client_id' | 'sub_is_not_client_id' | 'no_sub' | 'no_client_id' | 'no_rule'
  /** The claims that were looked at. */
  readonly claims: readonly string[]
}

/** A service that acts for itself. `id` is its client id. */
export interface MachineSubject {
  readonly kind: 'machine'
  readonly id: string
  readonly clientId?: string
  readonly evidence: Evidence
}

/** A user account (not necessarily a person) for which a client acts. `id` is its `sub`. */
export interface UserSubject {
  readonly kind: 'user'
  readonly id: string
  readonly clientId?: string
  readonly evidence: Evidence
}

/** There is no telling. `id` is the `sub`, if there is one: do not look anybody up by it. */
export interface UnknownSubject {
  readonly kind: 'unknown'
  readonly id?: string
  readonly clientId?: string
  readonly evidence: Evidence
}

/**
 * Who a token speaks for. Narrow on `kind`. Users and machines have ids in two namespaces, and the same
 * id at two issuers is two subjects.
 */
export type Subject = MachineSubject | UserSubject | UnknownSubject

/**
 * Says whether a token speaks for a machine or for a user.
 *
 * A `sub` that equals the client id is a machine by the convention of RFC 9068 section 2.2. That any
 * other `sub` is a user is something that only the operator can know: with `machineSubject: 'client_id'`
 * it is said, and without it such a subject is `unknown`.
 */
export function subjectOf(
  sub: string | undefined,
  clientId: string | undefined,
  clientIdClaim: string,
  machineSubject: 'client_id' | undefined,
): Subject {
  const level = machineSubject === undefined ? 'convention' : 'configured'
  const evidence = (rule: Evidence['rule'], on: Evidence['level'] = level): Evidence =>
    Object.freeze({ level: on, rule, claims: Object.freeze(['sub', clientIdClaim]) })
  const client = clientId === undefined ? {} : { clientId }

  if (sub === undefined)
    return Object.freeze({ kind: 'unknown', ...client, evidence: evidence('no_sub', 'none') })
  if (clientId === undefined) {
    return Object.freeze({ kind: 'unknown', id: sub, evidence: evidence('no_client_id', 'none') })
  }
  if (sub === clientId) {
    return Object.freeze({
      kind: 'machine',
      id: sub,
      clientId,
      evidence: evidence('sub_is_client_id'),
    })
  }
  return machineSubject === 'client_id'
    ? Object.freeze({ kind: 'user', id: sub, clientId, evidence: evidence('sub_is_not_client_id') })
    : Object.freeze({ kind: 'unknown', id: sub, clientId, evidence: evidence('no_rule', 'none') })
}
