import type { Conditions } from './conditions.ts'
import type { Level } from './evidence.ts'

/** The form in which a token is known: its claims were signed, or the authorization server was asked. */
export type TokenForm = 'jwt' | 'introspection'

/**
 * All that differs by provider, as data. A profile is what somebody has read in the documentation or in
 * the source of the provider, never what a token looks like.
 */
export interface Profile {
  /** The source of all of this, and the date of reading. */
  readonly source: string
  readonly readOn: string
  /** Issuers that this vendor alone can operate. Nobody's own server may match. */
  readonly issuerPattern?: RegExp
  /**
   * Issuers and endpoints that look like this product, on any host. Only for advice: anybody can have such an address.
   */
  readonly addressPattern?: RegExp
  /**
   * True if this is a platform where anybody can have a token made for any audience. That a token is good
   * says nothing then: a guard has to say whose.
   */
  readonly isPublic?: true
  /** The claims that name the client. All that are there have to agree. */
  readonly clientIdClaims: readonly ClientIdClaim[]
  /** Claims with permissions that are always arrays, beside those of `scopeSources`. Only for checks of the options. */
  readonly arrayClaims?: readonly string[]
  /** The claims that hold scopes. The first of these that applies is the one source of a token. */
  readonly scopeSources: readonly ScopeSource[]
  /** A claim that only access tokens have, and its value where that matters. */
  readonly tokenUse?: { readonly claim: string; readonly value?: string }
  /** The claim that identifies a user for good, where that is not `sub`. */
  readonly userIdClaim?: string
  /** The conditions under which `act` says who acts for the subject; left out: always. Elsewhere whoever makes the token writes it. */
  readonly actWhen?: Conditions
  /** The conditions under which somebody acts for the subject, where that is not said in `act`: the client, if these hold. */
  readonly clientActs?: Conditions
  readonly rules: readonly Rule[]
  /** True if tokens of machines have an empty `sub`, which elsewhere is an invalid claim. It counts as none. */
  readonly writesEmptySub?: true
  /**
   * True if `sub` is chosen by people, or by an application of the operator's. Then no rule can know, and
   * what the operator says in `machineSubject` decides about users as well as about machines, as it does
   * where there is no profile. Elsewhere it can only add machines to what the rules know.
   */
  readonly subjectsAreChosen?: true
  /** Advice on what to configure where the rules give no answer. */
  readonly advice: string
}

/**
 * A claim that names the client: in every token, or where the conditions hold. They cannot ask for the client
 * id, which is not known yet.
 */
export type ClientIdClaim = string | { readonly claim: string; readonly when: Conditions }

/** One claim with scopes, and its form. */
export interface ScopeSource {
  readonly claim: string
  readonly format: 'string' | 'array'
  readonly form?: TokenForm
  readonly when?: Conditions
}

/**
 * A conclusion from claims. All rules of a profile are looked at, not the first that holds: where two say
 * different things there is no answer.
 */
export interface Rule {
  readonly id: string
  readonly kind: 'machine' | 'user' | 'agent_account'
  /** A `convention` decides nothing by itself. It can only contradict what the operator says. */
  readonly level: Exclude<Level, 'configured'>
  /** Both forms where it is left out. */
  readonly form?: TokenForm
  readonly when: Conditions
  /** Conditions on the JOSE header. */
  readonly header?: Conditions
  /** The claim with the user's id, where it is another one than the profile's. */
  readonly userIdClaim?: string
}
