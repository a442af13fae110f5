import type { Actor, Provider, TokenForm, UnknownReason } from '../../../src/index.ts'

/**
 * A token as a provider issues it, with invented ids. Claims that are not evidence for the subject (times,
 * `jti`, most issuers) are left out. An expiry is added.
 */
export interface Example {
  /** The provider and a number. */
  readonly id: string
  /** `undefined` if the provider has no profile. */
  readonly provider?: Provider
  /** Default: `'jwt'`. */
  readonly form?: TokenForm
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly expires?: false
  /** The actual subject, known from the origin of the token. */
  readonly truth: 'machine' | 'user' | 'agent account' | 'another token'
  /** The result for its claims under its profile: a kind, or the reason for `unknown`. */
  readonly expected: 'machine' | 'user' | UnknownReason
  readonly rules: readonly string[]
  /** The id of the user, if it is not the `sub`. */
  readonly userId?: string
  readonly actor?: Actor
  /** The reason why a common heuristic misclassifies this token. */
  readonly trap?: string
}

/** Returns the claims of an example, with an expiry. */
export function getClaims({ claims, expires }: Example): Readonly<Record<string, unknown>> {
  return expires === false ? claims : { exp: 1_767_229_200, ...claims }
}
