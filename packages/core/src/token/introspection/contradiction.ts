import { getOwn } from '../../lib/objects.ts'
import type { AccessToken } from '../../model/access-token.ts'
import { claimNames, getNamedClients } from '../../subject/client-id.ts'
import type { ActiveResponse } from './introspection-response.ts'

/**
 * Returns the name of a member whose value differs between a response and a locally verified token. Such a response is
 * about another token. A member that only one of them has is not a contradiction.
 */
export function findContradiction(
  { claims, reading }: ActiveResponse,
  token: AccessToken,
): string | undefined {
  const isOther = (received: unknown, known: unknown) =>
    received !== undefined && known !== undefined && received !== known
  const contradicting = IDENTIFIERS.find((name) =>
    isOther(getOwn(claims, name), getOwn(token.claims, name)),
  )
  if (contradicting !== undefined) return contradicting
  // A member that names the client must equal the claim of the token with the same name. If the token lacks this claim, the
  // client id of the token is compared instead.
  // If `clientIdClaim` is configured, only members with the same name are compared.
  const isConfigured = reading.subjects.clientIdClaim !== undefined
  const knownAs = (name: string) =>
    getOwn(token.claims, name) ?? (isConfigured ? undefined : token.clientId)
  return claimNames(reading.clientIdClaims).find((name, i) =>
    isOther(getNamedClients(reading.clientIdClaims[i]!, claims), knownAs(name)),
  )
}

const IDENTIFIERS = ['iss', 'sub', 'jti'] as const
