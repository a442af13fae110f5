import type { Problems } from '../configuration-problems.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { Rejection } from '../response/rejection.ts'
import type { GuardedIssuers } from './requirement.ts'

export interface IssuerRequirement {
  /** The issuers whose tokens the guard accepts: static issuers, or issuers that `match` accepts. */
  readonly issuer?: string | readonly string[]
}

/** Reads the issuers that a guard allows. `undefined`: all trusted issuers. */
export function readIssuer(
  issuer: unknown,
  issuers: GuardedIssuers,
  problems: Problems,
): readonly string[] | undefined {
  if (issuer === undefined) return undefined
  const names: unknown = typeof issuer === 'string' ? [issuer] : issuer
  const named = Array.isArray(names) ? Array.from(names, (name) => findNames(name, issuers)) : []
  if (named.length === 0 || named.some((found) => found.length === 0)) {
    const known = [...listIssuers(issuers.static), ...(issuers.hasDynamic ? [MATCHED_ISSUER] : [])]
    problems.add(`issuer must name configured issuers: ${known.join(', ')}.`)
    return undefined
  }
  return Object.freeze(named.flat())
}

/** Describes the dynamic issuers in messages. */
export const MATCHED_ISSUER = 'an issuer that the function match accepts'

/** Returns the names of the issuers to which this name refers: one issuer, or all configured tenants of an issuer. */
export function findNames(name: unknown, issuers: GuardedIssuers): readonly string[] {
  const found = findIssuers(name, issuers.static)
  if (found.length > 0) return found.map(({ issuer }) => issuer)
  return issuers.isDynamic(name) ? [name] : []
}

/** Returns the static issuer with this name, or all configured tenants if the name contains `{tenantid}`. */
export function findIssuers(
  name: unknown,
  issuers: readonly IssuerSettings[],
): readonly IssuerSettings[] {
  return issuers.filter(({ issuer, metadataIssuer }) => issuer === name || metadataIssuer === name)
}

/** Returns the names of static issuers. All tenants of an issuer share one name. */
export function listIssuers(issuers: readonly IssuerSettings[]): readonly string[] {
  return [...new Set(issuers.map(({ metadataIssuer }) => metadataIssuer))]
}

/** The part of an exchange that this step reads. */
export interface IssuerExchange {
  readonly verified: {
    readonly token: AccessToken
    readonly issuer: { readonly settings: IssuerSettings }
  }
  readonly requirements: {
    /** `undefined`: every trusted issuer is allowed. */
    readonly issuers: readonly string[] | undefined
    /** `false`: the guard does not restrict callers, so it must not accept tokens of a public platform, such as GitHub Actions. */
    readonly acceptsPublicIssuers: boolean
  }
}

/**
 * Step of the pipeline: checks that the guard allows the issuer of the token (403). It runs before `confirmActive`, so that a
 * token of another issuer is not introspected for this guard. An opaque token has already been introspected, because only its
 * issuer can verify it.
 */
export function checkIssuer({ verified, requirements }: IssuerExchange): Rejection | undefined {
  const { issuer } = verified.token
  const { issuers, acceptsPublicIssuers } = requirements
  if (issuers !== undefined && !issuers.includes(issuer)) {
    const explanation = { check: 'issuer', expected: issuers.join(' or '), found: issuer }
    return new Rejection('wrong_issuer', explanation)
  }
  return acceptsPublicIssuers ? undefined : rejectPublic(verified.issuer.settings)
}

/**
 * Rejects a token of a public platform, such as GitHub Actions, for a guard that does not restrict callers. For a static issuer,
 * this problem is already reported when the guard is created.
 */
function rejectPublic(settings: IssuerSettings): Rejection | undefined {
  if (!isPublic(settings)) return undefined
  const { provider } = settings.subjects
  return new Rejection(
    'wrong_issuer',
    {
      check: 'issuer',
      expected: 'an issuer whose tokens only your own callers can request',
      found: `${settings.issuer} of the public platform ${provider}`,
    },
    {
      advice: `At the route: set claims or clients, because every user of ${provider} can request a token for this API.`,
    },
  )
}

/** Returns whether every user of a public platform can request tokens of this issuer, and no option restricts the clients. */
export function isPublic({ subjects, allowedClients }: IssuerSettings): boolean {
  return allowedClients === undefined && subjects.profile?.isPublic === true
}
