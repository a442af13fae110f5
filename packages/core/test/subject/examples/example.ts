import type { Actor, Provider, TokenForm, UnknownReason } from '../../../src/index.ts'

/**
 * A token as a provider issues it, with invented ids. Most claims that are not evidence for the subject are left out,
 * such as times and issuers. `getClaims` adds an expiry.
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
  /** `false` if the token has no `exp`. */
  readonly expires?: false
  /** The actual subject, known from the origin of the token. `'another token'` is not an access token. */
  readonly truth: 'machine' | 'user' | 'agent account' | 'another token'
  /** The result of `classifySubject` with this provider: a kind, or the reason for `unknown`. */
  readonly expected: 'machine' | 'user' | UnknownReason
  /** The ids of the rules in the evidence. */
  readonly rules: readonly string[]
  /** The id of the user, if it is not the `sub`. */
  readonly userId?: string
  readonly actor?: Actor
  /** The property of this token that makes a common heuristic misclassify it. */
  readonly trap?: string
}

/** Returns the claims of an example, with an expiry unless `expires` is `false`. */
export function getClaims({ claims, expires }: Example): Readonly<Record<string, unknown>> {
  return expires === false ? claims : { exp: 1_767_229_200, ...claims }
}
