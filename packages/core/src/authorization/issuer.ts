import type { Problems } from '../configuration-problems.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { Rejection } from '../response/rejection.ts'

export interface IssuerRequirement {
  /** The configured issuers whose tokens the guard accepts. */
  readonly issuer?: string | readonly string[]
}

/** Reads the issuers that a guard allows. `undefined`: all configured issuers. */
export function readIssuer(
  issuer: unknown,
  issuers: readonly IssuerSettings[],
  problems: Problems,
): readonly string[] | undefined {
  if (issuer === undefined) return undefined
  const names: unknown = typeof issuer === 'string' ? [issuer] : issuer
  const named = Array.isArray(names) ? Array.from(names, (name) => findIssuers(name, issuers)) : []
  if (named.length === 0 || named.some((found) => found.length === 0)) {
    problems.add(`issuer must name configured issuers: ${listIssuers(issuers).join(', ')}.`)
    return undefined
  }
  return Object.freeze(named.flat().map((settings) => settings.issuer))
}

/** Returns the issuer with this name, or all configured tenants if the name contains `{tenantid}`. */
export function findIssuers(
  name: unknown,
  issuers: readonly IssuerSettings[],
): readonly IssuerSettings[] {
  return issuers.filter(({ issuer, metadataIssuer }) => issuer === name || metadataIssuer === name)
}

/** Returns the names of the configured issuers. All tenants of an issuer have one name. */
export function listIssuers(issuers: readonly IssuerSettings[]): readonly string[] {
  return [...new Set(issuers.map(({ metadataIssuer }) => metadataIssuer))]
}

/** The part of an exchange that this step reads. */
export interface IssuerExchange {
  readonly verified: { readonly token: AccessToken }
  /** `undefined`: every configured issuer is allowed. */
  readonly requirements: { readonly issuers: readonly string[] | undefined }
}

/**
 * Step of the pipeline: checks that the guard allows the issuer of the token (403). It runs before `confirmActive`, so
 * that a token of another issuer is not introspected for this guard. An opaque token was introspected before, because
 * only its issuer can verify it.
 */
export function checkIssuer({ verified, requirements }: IssuerExchange): Rejection | undefined {
  const { issuer } = verified.token
  const { issuers } = requirements
  if (issuers === undefined || issuers.includes(issuer)) return undefined
  const explanation = { check: 'issuer', expected: issuers.join(' or '), found: issuer }
  return new Rejection('wrong_issuer', explanation)
}
