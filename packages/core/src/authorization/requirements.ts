import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { ChallengeParameters } from '../response/challenge.ts'
import type { Rejection } from '../response/rejection.ts'
import { type ApplicationCheckRequirement, readApplicationCheck } from './application-check.ts'
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
import { readSubject, type SubjectRequirement } from './subject-kind.ts'

/**
 * The requirements of a guard. The token must be valid, and it must meet all requirements that are set.
 *
 * @example
 * requireToken({ scope: 'read:reports', subject: 'machine' })
 */
export interface Requirements<Raw = unknown>
  extends TokenRequirements<Raw>, IssuerRequirement, OptionalRequirement, IntrospectRequirement {}

/** The requirements that `checkRequirements` checks. Earlier steps of the pipeline check the others. */
interface TokenRequirements<Raw>
  extends
    ScopeRequirement,
    ClientsRequirement,
    SubjectRequirement,
    ClaimsRequirement,
    ApplicationCheckRequirement<Raw> {}

/** The functions that read these requirements, in the order of the checks. */
export const TOKEN_REQUIREMENTS: {
  readonly [name in keyof Required<TokenRequirements<unknown>>]: (
    given: unknown,
    context: RequirementContext,
  ) => CheckedRequirement | undefined
} = {
  scope: readScope,
  clients: readClients,
  subject: readSubject,
  claims: readClaims,
  check: readApplicationCheck,
}

/** The requirements of one guard after validation. */
export interface CheckedRequirements {
  readonly issuers: readonly string[] | undefined
  readonly optional: boolean
  readonly introspect: number | undefined
  readonly checks: readonly RequirementCheck[]
  /** The challenge parameters of a 401, such as the scope that the client needs. */
  readonly challenge: ChallengeParameters
  /** Returns the requirements as text. Events contain this text. */
  readonly describe: () => string
}

/** An exchange with the requirements of its guard. */
export interface RequirementsExchange extends AuthorizationExchange {
  readonly requirements: CheckedRequirements
}

/**
 * Step of the pipeline: checks that the token meets the requirements of the guard (403). If a `check` of the
 * application throws, this function throws or rejects with the same error.
 */
export function checkRequirements(
  exchange: RequirementsExchange,
): MaybePromise<Rejection | undefined> {
  return runChecks(exchange, 0)
}

function runChecks(
  exchange: RequirementsExchange,
  first: number,
): MaybePromise<Rejection | undefined> {
  const { checks } = exchange.requirements
  for (let i = first; i < checks.length; i++) {
    const result = checks[i]!(exchange)
    if (result instanceof Promise) {
      return result.then((rejection) => rejection ?? runChecks(exchange, i + 1))
    }
    if (result !== undefined) return result
  }
  return undefined
}
