import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { ChallengeParameters } from '../response/challenge.ts'
import type { Rejection } from '../response/rejection.ts'
import type { ApplicationCheck } from './application-check.ts'
import type { AuthorizationExchange } from './requirement.ts'
import type { CheckedRequirements, OrderedCheck } from './requirements.ts'

/**
 * Merges requirements: a token must meet all of them. The challenge names all required scopes, even those that the token has. `all`
 * must not be empty. If it has one element, returns this element.
 */
export function mergeRequirements(all: readonly CheckedRequirements[]): CheckedRequirements {
  return all.length === 1 ? all[0]! : new MergedRequirements(all)
}

/** This is a class, because V8 creates and reads an object slowly if the object itself has a getter. */
class MergedRequirements implements CheckedRequirements {
  readonly issuers: readonly string[] | undefined
  readonly acceptsPublicIssuers: boolean
  readonly optional: boolean
  readonly needsIssuer: boolean
  readonly introspect: number | undefined
  readonly checks: readonly OrderedCheck[]
  readonly applicationCheck: ApplicationCheck | undefined
  private readonly all: readonly CheckedRequirements[]
  private merged: ChallengeParameters | undefined

  constructor(all: readonly CheckedRequirements[]) {
    let issuers: readonly string[] | undefined
    let introspect: number | undefined
    const checks: OrderedCheck[] = []
    const applicationChecks: ApplicationCheck[] = []
    for (const one of all) {
      issuers = intersect(issuers, one.issuers)
      introspect = least(introspect, one.introspect)
      for (const check of one.checks) checks.push(check)
      if (one.applicationCheck !== undefined) applicationChecks.push(one.applicationCheck)
    }
    this.all = all
    this.issuers = issuers
    this.acceptsPublicIssuers = all.some(({ acceptsPublicIssuers }) => acceptsPublicIssuers)
    this.optional = all.every(({ optional }) => optional)
    this.needsIssuer = all.some(({ needsIssuer }) => needsIssuer)
    this.introspect = introspect
    this.checks = sortChecks(checks)
    this.applicationCheck = mergeApplicationChecks(applicationChecks)
  }

  /** The merged challenge. Merged only at the first use, because only a refusal needs the challenge. */
  get challenge(): ChallengeParameters {
    return (this.merged ??= mergeChallenges(this.all.map((one) => one.challenge)))
  }

  readonly describe = (): string => {
    const more = this.all.length - DESCRIBED
    const described = this.all.slice(0, DESCRIBED).map(({ describe }) => describe())
    return [...described, ...(more > 0 ? [`${more} more`] : [])].join(' and ')
  }
}

/** Maximum number of merged requirements that a description contains, so that the text in an event stays short. */
const DESCRIBED = 5

/** Sorts checks in the order of the requirements: for example, a wrong subject is reported before a missing scope. */
function sortChecks(checks: OrderedCheck[]): readonly OrderedCheck[] {
  const isSorted = checks.every((check, at) => at === 0 || checks[at - 1]!.order <= check.order)
  // Sorted checks are not sorted again, because a sort takes longer than the rest of the merge.
  return isSorted ? checks : checks.sort((a, b) => a.order - b.order)
}

/** Calls the checks one after the other. The first rejection ends the calls. */
function mergeApplicationChecks(checks: readonly ApplicationCheck[]): ApplicationCheck | undefined {
  if (checks.length < 2) return checks[0]
  const runFrom = (
    first: number,
    exchange: AuthorizationExchange,
  ): MaybePromise<Rejection | undefined> => {
    const check = checks[first]
    if (check === undefined) return undefined
    return andThen(check(exchange), (rejection) => rejection ?? runFrom(first + 1, exchange))
  }
  return (exchange) => runFrom(0, exchange)
}

function mergeChallenges(all: readonly ChallengeParameters[]): ChallengeParameters {
  const scopes = new Set<string>()
  let acr: readonly string[] | undefined
  let age: number | undefined
  for (const { scope, acr_values, max_age } of all) {
    if (scope !== undefined) for (const name of scope.split(' ')) scopes.add(name)
    acr = intersect(acr, acr_values?.split(' '))
    age = least(age, max_age === undefined ? undefined : Number(max_age))
  }
  return {
    ...(scopes.size > 0 && { scope: [...scopes].join(' ') }),
    // If no authentication context class is accepted by all requirements, no token can meet the requirements.
    ...(acr !== undefined && acr.length > 0 && { acr_values: acr.join(' ') }),
    ...(age !== undefined && { max_age: String(age) }),
  }
}

/** Returns the names that both lists contain. `undefined` stands for all names. */
function intersect(
  first: readonly string[] | undefined,
  second: readonly string[] | undefined,
): readonly string[] | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return first.filter((name) => second.includes(name))
}

function least(first: number | undefined, second: number | undefined): number | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return Math.min(first, second)
}
