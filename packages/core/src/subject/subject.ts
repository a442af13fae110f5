import type { Actor } from './actor.ts'
import type { Evidence } from './evidence.ts'

/** A service that acts for itself. `id` is its client id, or the `sub` of a workload that has none. */
export interface MachineSubject {
  readonly kind: 'machine'
  readonly id: string
  readonly clientId?: string
  readonly actor?: Actor
  readonly evidence: Evidence
}

/**
 * A user account (not necessarily a person) for which a client acts. `id` is its `sub`, or what the
 * provider's profile names instead (`oid` at Entra, `uid` at Okta).
 */
export interface UserSubject {
  readonly kind: 'user'
  readonly id: string
  readonly clientId?: string
  readonly actor?: Actor
  readonly evidence: Evidence
}

/** There is no telling. `id` is the `sub`, if there is one: do not look anybody up by it. */
export interface UnknownSubject {
  readonly kind: 'unknown'
  readonly id?: string
  readonly clientId?: string
  readonly actor?: Actor
  readonly evidence: Evidence
}

/**
 * The subject of a token. Narrow on `kind`. Users and machines have ids in two namespaces, and the same
 * id at two issuers is two subjects. A machine and a user may both have an `actor`.
 */
export type Subject = MachineSubject | UserSubject | UnknownSubject
