import type { Problems } from '../configuration-problems.ts'
import { listAlternatives } from '../lib/quote.ts'
import { isPlainObject, ownMembers } from '../lib/objects.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { canNameClient } from '../subject/client-id.ts'
import { describeClientId } from '../subject/personal-claims.ts'
import { findIssuers, listIssuers } from './issuer.ts'
import { type CheckedRequirement, reject, type RequirementContext } from './requirement.ts'

export interface ClientsRequirement {
  /**
   * The clients that may call: ids, or with several issuers ids with their issuer. An id alone counts at all
   * tenants of an issuer, and so does one with the issuer of all tenants.
   */
  readonly clients?: readonly (string | ClientOfIssuer)[]
}

/** A client at one issuer: an id means nothing without the issuer that gave it. */
export interface ClientOfIssuer {
  readonly issuer: string
  readonly clientId: string
}

/** A client that may call. Without an issuer: at all of them. */
interface AllowedClient {
  readonly issuer: string | undefined
  readonly clientId: string
}

export function readClients(
  clients: unknown,
  { issuers, problems }: RequirementContext,
): CheckedRequirement | undefined {
  if (clients === undefined) return undefined
  if (!Array.isArray(clients) || clients.length === 0) {
    problems.add("clients must be an array with at least one client: ['cron'].")
    return undefined
  }
  return requireClient(
    Array.from(clients).flatMap((client: unknown) => readClient(client, issuers, problems)),
  )
}

function requireClient(allowed: readonly AllowedClient[]): CheckedRequirement {
  const expected = listAlternatives(allowed.map(({ clientId }) => clientId))
  return {
    check({ verified }) {
      const { issuer, clientId } = verified.token
      const isAllowed = allowed.some(
        (client) => client.clientId === clientId && (client.issuer ?? issuer) === issuer,
      )
      if (clientId !== undefined && isAllowed) return undefined
      const found = describeClientId(clientId, verified.issuer.settings)
      return reject('wrong_client', { check: 'client', expected, found })
    },
  }
}

function readClient(
  client: unknown,
  issuers: readonly IssuerSettings[],
  problems: Problems,
): readonly AllowedClient[] {
  if (typeof client === 'string' && client !== '') {
    if (listIssuers(issuers).length > 1) {
      problems.add(
        'clients must name the issuer of each client where there are several: { issuer, clientId }.',
      )
    }
    checkReachable(client, issuers, problems)
    return [{ issuer: undefined, clientId: client }]
  }
  const given = isPlainObject(client) ? ownMembers(client) : {}
  const { issuer, clientId } = given
  const named = findIssuers(issuer, issuers)
  if (named.length === 0 || typeof clientId !== 'string' || clientId === '') {
    problems.add('clients must hold client ids, or { issuer, clientId } with a configured issuer.')
    return []
  }
  problems.unknownNames(given, ['issuer', 'clientId'], 'clients[].')
  checkReachable(clientId, named, problems)
  return named.map((settings) => ({ issuer: settings.issuer, clientId }))
}

/** A client that no token can name, or whose tokens are all refused, can never call. */
function checkReachable(
  clientId: string,
  issuers: readonly IssuerSettings[],
  problems: Problems,
): void {
  const [first] = issuers
  if (first === undefined) return
  if (!issuers.some(canNameClient)) {
    problems.add(
      `clients: JWTs of ${first.subjects.provider} name no client, so none could pass. Use check, or set clientIdClaim for ${first.metadataIssuer} if yours do.`,
    )
  } else if (!issuers.some(({ allowedClients: allowed }) => allowed?.includes(clientId) ?? true)) {
    problems.add('clients names a client that is not in allowedClients: its tokens are refused.')
  }
}
