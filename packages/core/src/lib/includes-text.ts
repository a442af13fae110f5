/** Number of texts up to which a search in the list is fast enough. */
const SHORT_LIST = 8

/** The sets of long lists. Only frozen lists have one, because other lists can change. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>()

/** Returns whether a list contains a text. Uses a set for a long frozen list, because a request can need many scopes of a token. */
export function includesText(list: readonly string[], text: string): boolean {
  if (list.length <= SHORT_LIST || !Object.isFrozen(list)) return list.includes(text)
  let set = sets.get(list)
  if (set === undefined) sets.set(list, (set = new Set(list)))
  return set.has(text)
}
