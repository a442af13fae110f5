import type { Actor } from './actor.ts'
import type { Evidence } from './evidence.ts'

/** A service that acts for itself. `id` is its client id, or the `sub` of a workload without a client id. */
export interface MachineSubject {
  readonly kind: 'machine'
  readonly id: string
  readonly clientId?: string
  readonly actor?: Actor
  readonly evidence: Evidence
}

/**
 * A user account (not necessarily a person) for which a client acts. `id` is its `sub`, or the claim that the provider
 * defines instead (`oid` for Entra, `uid` for Okta).
 */
export interface UserSubject {
  readonly kind: 'user'
  readonly id: string
  readonly clientId?: string
  readonly actor?: Actor
  readonly evidence: Evidence
}

/** A subject whose kind could not be determined. `id` is the `sub`, if present: do not use it to find a user. */
export interface UnknownSubject {
  readonly kind: 'unknown'
  readonly id?: string
  readonly clientId?: string
  readonly actor?: Actor
  readonly evidence: Evidence
}

/**
 * The subject of a token. Check `kind` to narrow the type. The ids of users and machines are separate namespaces. The
 * same id at two issuers identifies two subjects. A machine and a user may both have an `actor`.
 */
export type Subject = MachineSubject | UserSubject | UnknownSubject
