import type { Problems } from '../configuration-problems.ts'
import { listAlternatives } from '../lib/quote.ts'
import { isPlainObject, copyOwnMembers } from '../lib/objects.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { canNameClient } from '../subject/client-id.ts'
import { describeClientId } from '../subject/personal-claims.ts'
import { findIssuers, findNames, listIssuers } from './issuer.ts'
import {
  type CheckedRequirement,
  type GuardedIssuers,
  reject,
  type RequirementContext,
} from './requirement.ts'

export interface ClientsRequirement {
  /**
   * The clients whose tokens the guard accepts. A client is a client id, or `{ issuer, clientId }` if several issuers are
   * configured. A plain client id applies to all tenants. `{ issuer, clientId }` applies to all tenants if `issuer` contains
   * `{tenantid}`.
   */
  readonly clients?: readonly (string | ClientOfIssuer)[]
}

/** A client of one issuer. Two issuers can use the same client id for different clients. */
export interface ClientOfIssuer {
  readonly issuer: string
  readonly clientId: string
}

/** An allowed client. If `issuer` is `undefined`, the client id applies to all issuers. */
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
    Array.from(clients).flatMap((client: unknown, index) =>
      readClient(client, `clients[${index}]`, issuers, problems),
    ),
  )
}

function requireClient(allowed: readonly AllowedClient[]): CheckedRequirement {
  const namesIssuers = allowed.some(({ issuer }) => issuer !== undefined)
  const expected = listAlternatives(
    allowed.map(({ issuer, clientId }) =>
      issuer === undefined ? clientId : `${clientId} of ${issuer}`,
    ),
  )
  return {
    check({ verified }) {
      const { issuer, clientId } = verified.token
      const isAllowed = allowed.some(
        (client) => client.clientId === clientId && (client.issuer ?? issuer) === issuer,
      )
      if (clientId !== undefined && isAllowed) return undefined
      const client = describeClientId(clientId, verified.issuer.settings)
      const found = namesIssuers && clientId !== undefined ? `${client} of ${issuer}` : client
      return reject('wrong_client', { check: 'client', expected, found })
    },
  }
}

function readClient(
  client: unknown,
  name: string,
  issuers: GuardedIssuers,
  problems: Problems,
): readonly AllowedClient[] {
  if (typeof client === 'string' && client !== '') {
    if (issuers.hasDynamic || listIssuers(issuers.static).length > 1) {
      problems.add(
        'clients must name the issuer of each client, because several issuers are configured: { issuer, clientId }.',
      )
    }
    checkReachable(client, name, issuers.static, problems)
    return [{ issuer: undefined, clientId: client }]
  }
  const given = copyOwnMembers(isPlainObject(client) ? client : {})
  const { issuer, clientId } = given
  const named = findNames(issuer, issuers)
  if (named.length === 0 || typeof clientId !== 'string' || clientId === '') {
    problems.add(
      'clients must contain client ids, or { issuer, clientId } with a configured issuer.',
    )
    return []
  }
  problems.unknownNames(given, ['issuer', 'clientId'], { prefix: 'clients[].' })
  checkReachable(clientId, name, findIssuers(issuer, issuers.static), problems)
  return named.map((one) => ({ issuer: one, clientId }))
}

/**
 * Reports a client that can never call the API: no token can contain its id, or all its tokens are refused. The message has the
 * `name` of the entry and not the client id: a secret may have been given by mistake.
 */
function checkReachable(
  clientId: string,
  name: string,
  issuers: readonly IssuerSettings[],
  problems: Problems,
): void {
  const [first] = issuers
  if (first === undefined) return
  if (!issuers.some(canNameClient)) {
    problems.add(
      `clients cannot match: JWTs of ${first.subjects.provider} usually contain no client id, so set check instead. If your JWTs contain one, set clientIdClaim for ${first.metadataIssuer}.`,
    )
  } else if (!issuers.some(({ allowedClients: allowed }) => allowed?.includes(clientId) ?? true)) {
    problems.add(`${name} is not in allowedClients: add it there, or remove it here.`)
  }
}
