import type { AccessToken } from '@bearward/core'

/** Facts about a token that only the process of its guard can observe. They are lost if a token is sent to another process. */
export interface Inspection {
  /** `true` if the token and its claims are frozen. */
  readonly isFrozen: boolean
  /** `true` if the claims have changed a prototype, or change the prototype of an object to which they are copied. */
  readonly isPolluted: boolean
}

/** Inspects the token of a request in the process of its guard. */
export function inspect(token: AccessToken | undefined): Inspection | undefined {
  if (token === undefined) return undefined
  const { claims } = token
  return {
    isFrozen: Object.isFrozen(token) && Object.isFrozen(claims),
    isPolluted: isPolluted(claims),
  }
}

function isPolluted(claims: Readonly<Record<string, unknown>>): boolean {
  const merged: unknown = Object.assign({}, claims, claims['act'])
  if (Object.getPrototypeOf(merged) !== Object.prototype) return true
  const copies = [{}, [], claims, { ...claims }, Object.assign({}, claims), structuredClone(claims)]
  // Attacks add the member `polluted` to a prototype, and cases of the contract add `admin`.
  return 'admin' in Object.prototype || copies.some((copy) => 'polluted' in copy)
}
