import { isPlainObject, copyOwnMembers } from '../lib/objects.ts'
import { LIMITS } from '../limits.ts'
import type { RequirementContext } from './requirement.ts'

export interface IntrospectRequirement {
  /**
   * Introspects the token to check that it is still active (RFC 7662). Without introspection, the revocation of a JWT is not
   * detected. `true`: for every request. `{ maxAge }`: if the last response is older than `maxAge` seconds (0 to 3600). The
   * guards of one request share a response for at least one second. The handler still gets the claims of the JWT. If
   * introspection fails, or the response is about another token, the request gets 503.
   */
  readonly introspect?: true | { readonly maxAge: number }
}

/**
 * Reads the maximum age of an introspection response, in seconds. 0: the token is introspected for every request.
 * `undefined`: introspection is not required. The step `confirmActive` calls introspection.
 */
export function readIntrospect(
  introspect: unknown,
  { allowed, problems }: RequirementContext,
): number | undefined {
  if (introspect === undefined) return undefined
  // Each issuer that the guard allows must have introspection.
  for (const { issuer, introspection } of allowed) {
    if (introspection !== undefined) continue
    problems.add(
      `introspect requires the option introspection of ${issuer}. Set this option, or name only issuers with this option in the requirement issuer.`,
    )
  }
  if (introspect === true) return 0
  const given = copyOwnMembers(isPlainObject(introspect) ? introspect : {})
  const { maxAge } = given
  if (typeof maxAge === 'number' && maxAge >= 0 && maxAge <= LIMITS.introspectionAge.active) {
    problems.unknownNames(given, ['maxAge'], { prefix: 'introspect.' })
    return maxAge
  }
  problems.add(
    `introspect must be true, or { maxAge } with seconds from 0 to ${LIMITS.introspectionAge.active}.`,
  )
  return undefined
}
