import type { AccessToken } from '../model/access-token.ts'

/** Number of scopes up to which a search in the list is faster than a set. */
const SHORT_LIST = 8

/** Creates the function `hasScope` of a token. A token can have many scopes, and a request can need many of them. */
export function createHasScope(scopes: readonly string[]): AccessToken['hasScope'] {
  if (scopes.length <= SHORT_LIST) return Object.freeze((name: string) => scopes.includes(name))
  let names: ReadonlySet<string> | undefined
  return Object.freeze((name: string) => (names ??= new Set(scopes)).has(name))
}
