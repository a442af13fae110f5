import { type BoundRequirement, readBound } from './bound.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { ChallengeParameters } from '../response/challenge.ts'
import type { Rejection } from '../response/rejection.ts'
import type { ApplicationCheck, ApplicationCheckRequirement } from './application-check.ts'
import {
  type AuthorizationDetailsRequirement,
  readAuthorizationDetails,
} from './authorization-details.ts'
import { type ClaimsRequirement, readClaims } from './claim-conditions.ts'
import { type ClientsRequirement, readClients } from './clients.ts'
import type { IntrospectRequirement } from './introspect.ts'
import type { IssuerRequirement } from './issuer.ts'
import type { OptionalRequirement } from './optional.ts'
import type {
  AuthorizationExchange,
  RequirementCheck,
  CheckedRequirement,
  RequirementContext,
} from './requirement.ts'
import { readScope, type ScopeRequirement } from './scope.ts'
import { readAcr, readMaxAuthAge, type StepUpRequirement } from './step-up.ts'
import { readSubject, type SubjectRequirement } from './subject-kind.ts'

/**
 * The requirements of a guard. The token must be valid, and it must meet all requirements that are set.
 *
 * @example
 * requireToken({ scope: 'read:reports', subject: 'machine' })
 */
export interface Requirements<Raw = unknown>
  extends
    TokenRequirements,
    IssuerRequirement,
    OptionalRequirement,
    IntrospectRequirement,
    ApplicationCheckRequirement<Raw> {}

/** The requirements that `checkRequirements` checks. Other steps of the pipeline check the other requirements. */
interface TokenRequirements
  extends
    BoundRequirement,
    ScopeRequirement,
    ClientsRequirement,
    SubjectRequirement,
    StepUpRequirement,
    ClaimsRequirement,
    AuthorizationDetailsRequirement {}

/** The function that reads each requirement of `TokenRequirements`, in the order of the checks. */
export const TOKEN_REQUIREMENTS: {
  readonly [name in keyof Required<TokenRequirements>]: (
    given: unknown,
    context: RequirementContext,
  ) => CheckedRequirement | undefined
} = {
  bound: readBound,
  subject: readSubject,
  acr: readAcr,
  maxAuthAge: readMaxAuthAge,
  scope: readScope,
  clients: readClients,
  claims: readClaims,
  authorizationDetails: readAuthorizationDetails,
}

/** The check of one requirement, and the index of this requirement in `TOKEN_REQUIREMENTS`. */
export interface OrderedCheck {
  readonly order: number
  readonly check: RequirementCheck
}

/** The requirements of one guard after validation. */
export interface CheckedRequirements {
  readonly issuers: readonly string[] | undefined
  /** `true` if a requirement restricts the callers, so that tokens of a public platform can be accepted: see `checkIssuer`. */
  readonly acceptsPublicIssuers: boolean
  readonly optional: boolean
  /** `true` if only a token of an issuer can meet one of the requirements. An API key cannot meet this requirement. */
  readonly needsIssuer: boolean
  readonly introspect: number | undefined
  /** In the order of `TOKEN_REQUIREMENTS`. */
  readonly checks: readonly OrderedCheck[]
  readonly applicationCheck: ApplicationCheck | undefined
  /** The challenge parameters that describe the requirements, such as the scope that the client needs. */
  readonly challenge: ChallengeParameters
  /** Returns the requirements as text. Events contain this text. */
  readonly describe: () => string
}

/** An exchange with the requirements of its guard. */
export interface RequirementsExchange extends AuthorizationExchange {
  readonly requirements: CheckedRequirements
}

/**
 * Step of the pipeline: checks that the token meets the requirements of the guard (401, 403). Does NOT call the `check` of the
 * application: see `runApplicationCheck`.
 */
export function checkRequirements(exchange: RequirementsExchange): Rejection | undefined {
  for (const { check } of exchange.requirements.checks) {
    const rejection = check(exchange)
    if (rejection !== undefined) return rejection
  }
  return undefined
}

/** The part of an exchange that `runApplicationCheck` reads and writes. */
export interface CheckExchange extends RequirementsExchange {
  /** The token for which `check` was called. Written by `runApplicationCheck`. */
  checkedToken: AccessToken | undefined
}

/**
 * Step of the pipeline: calls the `check` of the application (403). If `check` throws, this function throws or rejects with the
 * same error. If the steps are repeated, `check` is called again only if the claims can have changed. A JWT has the same claims
 * each time that it is verified.
 */
export function runApplicationCheck(exchange: CheckExchange): MaybePromise<Rejection | undefined> {
  const { applicationCheck } = exchange.requirements
  if (applicationCheck === undefined) return undefined
  const { token } = exchange.verified
  const before = exchange.checkedToken
  exchange.checkedToken = token
  const isSame = before === token || (before?.verifiedBy === 'jwt' && token.verifiedBy === 'jwt')
  return isSame ? undefined : applicationCheck(exchange)
}
