import { isThenable } from '../lib/is-thenable.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { Rejection } from '../response/rejection.ts'
import { type AuthorizationExchange, reject, type RequirementContext } from './requirement.ts'

export interface ApplicationCheckRequirement<Raw> {
  /**
   * A check of the application. It is called after all other checks. If it returns `true`, the request is granted. If it
   * returns `false` or `undefined`, the request is refused with 403. For any other value, the guard throws a `TypeError`. An
   * error of `check` goes to the error handler of the framework, and the route handler does not run.
   *
   * At GitHub Actions, GitLab CI and Google, everyone can get a token. Such an issuer requires the option `allowedClients`, or one
   * of these requirements: `check`, `claims`, `clients`, `scope`, `authorizationDetails` or `subject: 'user'`.
   *
   * @example
   * requireToken({ check: (token, request) => token.claims.tenant === request.params.tenant })
   */
  readonly check?: (token: AccessToken, request: Raw) => MaybePromise<boolean>
}

/** Calls a `check`, and returns a rejection unless the result is `true`. */
export type ApplicationCheck = (
  exchange: AuthorizationExchange,
) => MaybePromise<Rejection | undefined>

export function readApplicationCheck(
  check: unknown,
  { problems }: RequirementContext,
): ApplicationCheck | undefined {
  if (check === undefined) return undefined
  if (typeof check !== 'function') {
    problems.add('check must be a function.')
    return undefined
  }
  const decide = check as (token: AccessToken, request: unknown) => unknown
  return ({ token, raw }) => {
    const result = decide(token, raw)
    return andThen(isThenable(result) ? Promise.resolve(result) : result, toRejection)
  }
}

function toRejection(granted: unknown): Rejection | undefined {
  if (granted === true) return undefined
  if (granted === undefined) {
    const found = 'undefined: a return is missing in the check'
    return reject('check_failed', { check: 'check', expected: 'true or false', found })
  }
  if (granted !== false) {
    throw new TypeError(
      'The check of a guard must return true or false, or a promise of true or false.',
    )
  }
  return reject('check_failed', { check: 'check', expected: 'true', found: 'false' })
}
