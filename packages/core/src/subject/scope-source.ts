import type { JsonObject } from '../lib/json.ts'
import { copyOwnData } from '../lib/own-data.ts'
import { hold } from './conditions.ts'
import type { ScopeSource, TokenForm } from './profile.ts'

/** The claim `scope` as a space-separated string (RFC 6749 section 3.3, RFC 9068 section 2.2.3). */
export const SCOPE_STRING: readonly ScopeSource[] = copyOwnData([
  { claim: 'scope', format: 'string' },
])

/** Returns the claim with the scopes of a token. Scopes are never collected from several claims. */
export function getScopeSource(
  claims: JsonObject,
  sources: readonly ScopeSource[],
  form: TokenForm,
): ScopeSource | undefined {
  return sources.find(
    (source) =>
      (source.form ?? form) === form &&
      (source.when === undefined || hold(source.when, claims, { claims, clientId: undefined })),
  )
}
