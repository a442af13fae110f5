import type { JsonObject } from '../lib/json.ts'
import { ownData } from '../lib/own-data.ts'
import { hold } from './conditions.ts'
import type { ScopeSource, TokenForm } from './profile.ts'

/** As RFC 6749 section 3.3 and RFC 9068 section 2.2.3 have it. */
export const SCOPE_STRING: readonly ScopeSource[] = ownData([{ claim: 'scope', format: 'string' }])

/** The one place of a token's scopes. Scopes are never gathered from several places. */
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
