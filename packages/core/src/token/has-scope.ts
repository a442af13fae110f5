import type { AccessToken } from '../model/access-token.ts'

/** Creates the function `hasScope` of a token. It uses a set, because a token can have many scopes, and a request can need many. */
export function createHasScope(scopes: readonly string[]): AccessToken['hasScope'] {
  let names: ReadonlySet<string> | undefined
  return Object.freeze((name: string) => (names ??= new Set(scopes)).has(name))
}
