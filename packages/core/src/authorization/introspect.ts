import { isPlainObject, ownMembers } from '../lib/objects.ts'
import { LIMITS } from '../limits.ts'
import type { RequirementContext } from './requirement.ts'

export interface IntrospectRequirement {
  /**
   * Asks the issuer whether the token is still active (RFC 7662), which a JWT does not show: `true` for every
   * request, `{ maxAge }` if its last answer is older than that many seconds. The answer for a request counts for
   * all its guards, for a second at least. The claims of a JWT stay what the handler sees. An answer about
   * another token counts as no answer: 503.
   */
  readonly introspect?: true | { readonly maxAge: number }
}

/**
 * Reads the seconds since the last answer of the issuer, at most: 0 asks for every request. `undefined`: it need
 * not be asked. The step `confirmActive` asks.
 */
export function readIntrospect(
  introspect: unknown,
  { allowed, problems }: RequirementContext,
): number | undefined {
  if (introspect === undefined) return undefined
  // Every issuer that the guard allows must be one that can be asked.
  for (const { issuer, introspection } of allowed) {
    if (introspection !== undefined) continue
    problems.add(
      `introspect: ${issuer} cannot be asked. Give that issuer introspection: { clientId, clientAuthentication }, or name the others in issuer.`,
    )
  }
  if (introspect === true) return 0
  const given = isPlainObject(introspect) ? ownMembers(introspect) : {}
  const { maxAge } = given
  if (typeof maxAge === 'number' && maxAge >= 0 && maxAge <= LIMITS.introspectionAge.active) {
    problems.unknownNames(given, ['maxAge'], 'introspect.')
    return maxAge
  }
  problems.add(
    `introspect must be true, or { maxAge } with seconds from 0 to ${LIMITS.introspectionAge.active}.`,
  )
  return undefined
}
