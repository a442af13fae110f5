import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { ChallengeParameters } from '../response/challenge.ts'
import type { Rejection } from '../response/rejection.ts'
import type { ApplicationCheck } from './application-check.ts'
import type { AuthorizationExchange } from './requirement.ts'
import type { CheckedRequirements, OrderedCheck } from './requirements.ts'

/**
 * Merges requirements: a token must meet all of them. The challenge names all scopes, and not only those that the token does not
 * have. `all` must not be empty. If it has one element, returns this element.
 */
export function mergeRequirements(all: readonly CheckedRequirements[]): CheckedRequirements {
  if (all.length === 1) return all[0]!
  let issuers: readonly string[] | undefined
  let introspect: number | undefined
  const byOrder: OrderedCheck[][] = []
  const applicationChecks: ApplicationCheck[] = []
  for (const one of all) {
    issuers = intersect(issuers, one.issuers)
    introspect = least(introspect, one.introspect)
    for (const check of one.checks) (byOrder[check.order] ??= []).push(check)
    if (one.applicationCheck !== undefined) applicationChecks.push(one.applicationCheck)
  }
  let challenge: ChallengeParameters | undefined
  return {
    issuers,
    acceptsPublicIssuers: all.some(({ acceptsPublicIssuers }) => acceptsPublicIssuers),
    optional: all.every(({ optional }) => optional),
    needsIssuer: all.some(({ needsIssuer }) => needsIssuer),
    introspect,
    // In the order of the requirements: for example, a wrong subject is reported before a missing scope. `flat` skips holes.
    checks: byOrder.flat(),
    applicationCheck: mergeApplicationChecks(applicationChecks),
    // Only a refusal needs the challenge and the description.
    get challenge() {
      return (challenge ??= mergeChallenges(all.map((one) => one.challenge)))
    },
    describe: () => all.map(({ describe }) => describe()).join(' and '),
  }
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
    // If no class is accepted by all, no token can meet the requirements.
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
