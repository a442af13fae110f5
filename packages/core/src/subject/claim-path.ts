import type { JsonObject } from '../lib/json.ts'
import { getOwn, isRecord } from '../lib/objects.ts'

/**
 * A claim. A string is the name of one claim, even if it contains dots or slashes. An array is a path: the name of a claim, then
 * the name of a member of its object, and so on.
 *
 * @example
 * ```ts
 * 'https://example.com/roles'
 * ['realm_access', 'roles']
 * ```
 */
export type ClaimPath = string | readonly string[]

/**
 * Returns the value of a claim. Returns `undefined` if the claim is missing, or if a path leads through a value that is not an
 * object, such as an array. Inherited members are ignored.
 */
export function getClaim(claims: JsonObject, path: ClaimPath): unknown {
  if (typeof path === 'string') return getOwn(claims, path)
  let value: unknown = claims
  for (const name of path) value = isRecord(value) ? getOwn(value, name) : undefined
  return value
}

/** Returns a text that names a claim, for events and messages. */
export function showClaimPath(path: ClaimPath): string {
  return typeof path === 'string' ? path : path.join(' > ')
}

/** Returns whether a value is a claim: a name, or an array with at least one name. Names are not empty. */
export function isClaimPath(value: unknown): value is ClaimPath {
  const names = typeof value === 'string' ? [value] : value
  return (
    Array.isArray(names) &&
    names.length > 0 &&
    Array.from(names).every((name) => typeof name === 'string' && name !== '')
  )
}

/** Returns whether two paths name the same claim. A path with one name is equal to the name. */
export function isSameClaim(one: ClaimPath, other: ClaimPath): boolean {
  const [first, second] = [[one].flat(), [other].flat()]
  return first.length === second.length && first.every((name, i) => name === second[i])
}
