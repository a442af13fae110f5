/** Number of scopes up to which a search in the list is fast enough. */
const SHORT_LIST = 8

/** The sets of long lists. Only frozen lists have one, because other lists can change. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>()

/** Returns whether a list contains a scope. Uses a set for a long list, because a request can need many scopes of a token. */
export function hasScope(scopes: readonly string[], name: string): boolean {
  if (scopes.length <= SHORT_LIST || !Object.isFrozen(scopes)) return scopes.includes(name)
  let set = sets.get(scopes)
  if (set === undefined) sets.set(scopes, (set = new Set(scopes)))
  return set.has(name)
}
