import type { JsonObject } from '../lib/json.ts'
import { copyOwnData } from '../lib/own-data.ts'
import { memoize } from '../lib/memoize.ts'
import { compileConditions } from './conditions.ts'
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
  for (const { source, form: required, applies } of compileSources(sources)) {
    if ((required ?? form) !== form) continue
    if (applies === undefined || applies(claims, { claims, clientId: undefined })) return source
  }
  return undefined
}

const compileSources = memoize((sources: readonly ScopeSource[]) =>
  sources.map((source) => ({
    source,
    form: source.form,
    applies: source.when && compileConditions(source.when),
  })),
)
