import { andThen, type MaybePromise } from '../maybe-promise.ts'
import { Rejection } from '../outcome/rejection.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { CheckedRequirements } from './requirements.ts'

/**
 * Holds a verified token against what a guard asks for: issuer, scope, client, subject, and last the
 * guard's own check. Rejects, or throws, with whatever `check` throws.
 */
export function checkRequirements(
  token: AccessToken,
  required: CheckedRequirements,
  request: unknown,
): MaybePromise<Rejection | undefined> {
  return (
    checkIssuer(token, required) ??
    checkScope(token, required) ??
    checkClient(token, required) ??
    checkSubject(token, required) ??
    ownCheck(token, required, request)
  )
}

/** The first of these checks, for whoever has to know before he asks for more. */
export function checkIssuer(
  { issuer }: AccessToken,
  { issuers }: CheckedRequirements,
): Rejection | undefined {
  if (issuers === undefined || issuers.includes(issuer)) return undefined
  return rejected('wrong_issuer', 'issuer', issuers.join(' or '), issuer)
}

/** It may be that they stand in another claim. */
const NO_SCOPES = 'no scopes at all (provider or scopeClaim say in which claim they stand)'

function checkScope({ scopes }: AccessToken, { allScopes, anyScopes }: CheckedRequirements) {
  const missing = allScopes.filter((scope) => !scopes.includes(scope))
  if (missing.length > 0) {
    return rejected(
      'insufficient_scope',
      'scope',
      allScopes.join(' '),
      scopes.length === 0 ? NO_SCOPES : `no ${missing.join(', no ')}`,
    )
  }
  if (anyScopes === undefined || anyScopes.some((scope) => scopes.includes(scope))) return undefined
  const found = scopes.length === 0 ? NO_SCOPES : 'none of them'
  return rejected('insufficient_scope', 'scope', anyScopes.join(' or '), found)
}

function checkClient({ issuer, clientId }: AccessToken, { clients }: CheckedRequirements) {
  const named = clients?.some(
    (client) => client.clientId === clientId && (client.issuer ?? issuer) === issuer,
  )
  if (clients === undefined || (clientId !== undefined && named)) return undefined
  const expected = clients.map((client) => client.clientId).join(' or ')
  return rejected(
    'wrong_client',
    'client',
    expected,
    clientId === undefined ? 'none' : 'another one',
  )
}

function checkSubject({ subject }: AccessToken, required: CheckedRequirements) {
  if (required.subject === undefined || subject.kind === required.subject) return undefined
  return rejected('wrong_subject', 'subject', required.subject, subject.kind)
}

function ownCheck(
  token: AccessToken,
  { check }: CheckedRequirements,
  request: unknown,
): MaybePromise<Rejection | undefined> {
  if (check === undefined) return undefined
  const answer: unknown = check(token, request)
  return andThen(isThenable(answer) ? Promise.resolve(answer) : answer, (granted) => {
    if (granted === true) return undefined
    if (granted === false) return rejected('check_failed', 'check', 'true', 'false')
    throw new TypeError('The check of a guard must return true or false, or a promise of one.')
  })
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value
}

function rejected(reason: Rejection['reason'], check: string, expected: string, found: string) {
  return new Rejection(reason, { check, expected, found })
}
