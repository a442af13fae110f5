import type { ClaimPath } from './claim-path.ts'
import type { Conditions } from './conditions.ts'
import type { Level } from './evidence.ts'

/** The form in which claims were verified: in a signed JWT, or in an introspection response. */
export type TokenForm = 'jwt' | 'introspection'

/**
 * Everything that differs between providers, as data. A profile follows the documentation or the source code of the provider.
 * An example token is not enough. The first comment of a profile names the sources that were read, and the month.
 */
export interface Profile {
  /**
   * `true` if every user of this platform can request a token for any audience. A valid token then proves nothing about
   * the caller, so a guard must restrict the callers.
   */
  readonly isPublic?: true
  /** The claims that name the client. All of these claims that are present must be equal. */
  readonly clientIdClaims: readonly ClientIdClaim[]
  /** Claims with permissions that are not scopes. Their values are always arrays. Used only to check options. */
  readonly arrayClaims?: readonly string[]
  /** The claims with scopes. Only the first one that applies to a token is read. */
  readonly scopeSources: readonly ScopeSource[]
  /** The claim that marks access tokens. If `value` is set, the claim must have this value. */
  readonly tokenUse?: { readonly claim: ClaimPath; readonly value?: string }
  /**
   * The conditions under which a token with a `nonce` is an access token. Set if the provider copies the `nonce` of a login
   * into access tokens. ID tokens of the provider must never meet these conditions.
   */
  readonly nonceWhen?: Conditions
  /** The claim that identifies a user permanently, if it is not `sub`. */
  readonly userIdClaim?: string
  /** The conditions under which `act` is read. `undefined`: always. Set if a machine can write `act` into its tokens. */
  readonly actWhen?: Conditions
  /** The conditions under which the client acts for the subject, for providers that do not write `act`. */
  readonly clientActs?: Conditions
  readonly rules: readonly Rule[]
  /** `true` if tokens of machines have an empty `sub`, which is treated as absent. Otherwise, an empty `sub` is invalid. */
  readonly writesEmptySub?: true
  /**
   * `true` if users, or an application that logs them in, choose the `sub`. Then no rule can determine the kind, and
   * `machineSubject` determines both machines and users, as for an issuer without a profile. For other profiles,
   * `machineSubject` never identifies users. It only identifies machines, in addition to the rules.
   */
  readonly subjectsAreChosen?: true
  /** The change to make if the rules do not determine the kind. */
  readonly advice: string
}

/**
 * A claim that names the client: in every token, or only if the conditions hold. The conditions cannot refer to the
 * client id, because the client id is not known yet.
 */
export type ClientIdClaim = string | { readonly claim: string; readonly when: Conditions }

/** A claim with scopes, its format, and the tokens to which it applies. */
export interface ScopeSource {
  readonly claim: ClaimPath
  readonly format: 'string' | 'array'
  readonly form?: TokenForm
  readonly when?: Conditions
}

/**
 * A conclusion from claims. All rules of a profile are evaluated, not only the first that holds. If two rules contradict
 * each other, the kind is unknown.
 */
export interface Rule {
  readonly id: string
  readonly kind: 'machine' | 'user' | 'agent_account'
  /** In a profile, a `convention` never decides the kind. It can only contradict an option. */
  readonly level: Exclude<Level, 'configured'>
  /** The form of tokens that the rule applies to. `undefined`: both forms. */
  readonly form?: TokenForm
  readonly when: Conditions
  /** Conditions on the JOSE header. */
  readonly header?: Conditions
  /** The claim with the id of the user, if it differs from `userIdClaim` of the profile. */
  readonly userIdClaim?: string
}
