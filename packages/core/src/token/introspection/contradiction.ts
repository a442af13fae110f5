import type { AccessToken } from '../../model/access-token.ts'
import { claimNames, namedBy } from '../../subject/client-id.ts'
import type { ActiveResponse } from './introspection-response.ts'

/**
 * Returns the name of a member that shows that a response is about another token than this one, which was
 * verified here. A member that only one of them has is not a contradiction.
 */
export function findContradiction(
  { claims, reading }: ActiveResponse,
  token: AccessToken,
): string | undefined {
  const isOther = (said: unknown, known: unknown) =>
    said !== undefined && known !== undefined && said !== known
  const contradicting = IDENTIFIERS.find((name) => isOther(claims[name], token.claims[name]))
  if (contradicting !== undefined) return contradicting
  // Members of one name must agree. Otherwise the client id counts, unless `clientIdClaim` is configured.
  const isConfigured = reading.subjects.clientIdClaim !== undefined
  const knownAs = (name: string) =>
    token.claims[name] ?? (isConfigured ? undefined : token.clientId)
  return claimNames(reading.clientIdClaims).find((name, i) =>
    isOther(namedBy(reading.clientIdClaims[i]!, claims), knownAs(name)),
  )
}

const IDENTIFIERS = ['iss', 'sub', 'jti'] as const
