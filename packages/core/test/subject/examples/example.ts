import type { Actor, Provider, TokenForm, UnknownReason } from '../../../src/index.ts'

/**
 * A token as a provider issues it, with ids that are made up. What says nothing about the subject (times,
 * `jti`, most issuers) is left out; an expiry is added.
 */
export interface Example {
  /** The provider and a number. */
  readonly id: string
  /** None where there is no profile for it. */
  readonly provider?: Provider
  /** `'jwt'` where it is left out. */
  readonly form?: TokenForm
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly expires?: false
  /** What is known about the token from where it comes from. */
  readonly truth: 'machine' | 'user' | 'agent account' | 'another token'
  /** The result for its claims under its profile: a kind, or the reason for `unknown`. */
  readonly expected: 'machine' | 'user' | UnknownReason
  readonly rules: readonly string[]
  /** The user's id, where it is not the `sub`. */
  readonly userId?: string
  readonly actor?: Actor
  /** What misleads a common heuristic here. */
  readonly trap?: string
}

/** The claims as they come, expiry included. */
export function claimsOf({ claims, expires }: Example): Readonly<Record<string, unknown>> {
  return expires === false ? claims : { exp: 1_767_229_200, ...claims }
}
