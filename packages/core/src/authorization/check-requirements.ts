import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { Publish } from '../lib/publisher.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { IssuerSettings } from '../model/settings.ts'
import type { ChallengeParameters } from '../response/challenge.ts'
import { Rejection } from '../response/rejection.ts'
import { adviceFor } from '../subject/advice.ts'
import { claimNames } from '../subject/client-id.ts'
import { clientIdClaims } from '../subject/context.ts'
import type { UnknownReason } from '../subject/evidence.ts'
import type { CheckedRequirements } from './requirements.ts'

/** A guard that requires a kind of subject refused a token whose subject kind is unknown. */
export interface SubjectUnknownEvent {
  readonly type: 'subject_unknown'
  readonly issuer: string
  readonly reason: UnknownReason
  /** The rules that contradict each other, or that led to this result. */
  readonly rules: readonly string[]
  /** The names of the claims that were read. */
  readonly claims: readonly string[]
  /** What to configure. A fixed text without anything of the token. */
  readonly advice: string
}

/** The part of an exchange that this step reads. */
export interface AuthorizationExchange {
  readonly verified: {
    readonly token: AccessToken
    readonly issuer: { readonly settings: IssuerSettings }
  }
  readonly requirements: CheckedRequirements
  /** The request of the framework, for `check` and for events. */
  readonly raw: object | undefined
  readonly services: { readonly publish: Publish<SubjectUnknownEvent> }
}

/**
 * Step of the pipeline: checks the token against the requirements of the guard (403): scope, client, subject,
 * and last the `check` of the application. Throws, or rejects, with what `check` throws.
 */
export function checkRequirements(
  exchange: AuthorizationExchange,
): MaybePromise<Rejection | undefined> {
  const { verified, requirements, raw } = exchange
  const { token } = verified
  return (
    checkScope(token, requirements) ??
    checkClient(token, requirements) ??
    checkSubject(exchange) ??
    callCheck(token, requirements, raw)
  )
}

/** The scopes may stand in another claim than the one that was read. */
const NO_SCOPES = 'no scopes at all (provider or scopeClaim say in which claim they stand)'

function checkScope(
  { scopes }: AccessToken,
  { allScopes, anyScopes, challengeScope }: CheckedRequirements,
): Rejection | undefined {
  const insufficient = (expected: string, found: string) =>
    rejected('insufficient_scope', 'scope', expected, scopes.length === 0 ? NO_SCOPES : found, {
      scope: challengeScope,
    })
  const missing = allScopes.filter((scope) => !scopes.includes(scope))
  if (missing.length > 0) return insufficient(allScopes.join(' '), `no ${missing.join(', no ')}`)
  if (anyScopes === undefined || anyScopes.some((scope) => scopes.includes(scope))) return undefined
  return insufficient(anyScopes.join(' or '), 'none of them')
}

function checkClient(
  { issuer, clientId }: AccessToken,
  { clients }: CheckedRequirements,
): Rejection | undefined {
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

function checkSubject(exchange: AuthorizationExchange): Rejection | undefined {
  const { subject: required } = exchange.requirements
  const { subject } = exchange.verified.token
  if (required === undefined || subject.kind === required) return undefined
  publishUnknown(exchange)
  return rejected('wrong_subject', 'subject', required, subject.kind)
}

function publishUnknown({ verified, raw, services }: AuthorizationExchange): void {
  const { issuer, subject, clientId, verifiedBy } = verified.token
  const { reason, rules, claims } = subject.evidence
  if (subject.kind !== 'unknown' || reason === undefined) return
  const { subjects } = verified.issuer.settings
  const unnamed = clientId === undefined ? claimNames(clientIdClaims(subjects, verifiedBy)) : []
  const advice = adviceFor(reason, subjects, unnamed)
  services.publish(() => ({ type: 'subject_unknown', issuer, reason, rules, claims, advice }), raw)
}

function callCheck(
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

function rejected(
  reason: Rejection['reason'],
  check: string,
  expected: string,
  found: string,
  challenge?: ChallengeParameters,
): Rejection {
  return new Rejection(reason, { check, expected, found }, { challenge })
}
