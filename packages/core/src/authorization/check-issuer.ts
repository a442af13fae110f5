import type { AccessToken } from '../model/access-token.ts'
import { Rejection } from '../response/rejection.ts'

/** The part of an exchange that this step reads. */
export interface IssuerExchange {
  readonly verified: { readonly token: AccessToken }
  /** `undefined`: every configured issuer is allowed. */
  readonly requirements: { readonly issuers: readonly string[] | undefined }
}

/**
 * Step of the pipeline: checks that the issuer of the token is allowed here (403), before a guard asks that
 * issuer again. An opaque token was introspected before: only its issuer can tell that it is its own.
 */
export function checkIssuer({ verified, requirements }: IssuerExchange): Rejection | undefined {
  const { issuer } = verified.token
  const { issuers } = requirements
  if (issuers === undefined || issuers.includes(issuer)) return undefined
  const explanation = { check: 'issuer', expected: issuers.join(' or '), found: issuer }
  return new Rejection('wrong_issuer', explanation)
}
