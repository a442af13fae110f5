import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { AccessToken } from '../model/access-token.ts'
import { type CheckedRequirement, reject, type RequirementContext } from './requirement.ts'

export interface ApplicationCheckRequirement<Raw> {
  /**
   * Called last. `true` grants. `false` refuses with 403, and so does `undefined`: the event then says that `return` is
   * missing. Anything else is a programming error. What it throws goes to the error handling of the framework, and the
   * handler does not run. A public platform such as GitHub,
   * where anybody can request a token for this API, needs `check` or `clients`.
   */
  readonly check?: (token: AccessToken, request: Raw) => MaybePromise<boolean>
}

export function readApplicationCheck(
  check: unknown,
  { problems }: RequirementContext,
): CheckedRequirement | undefined {
  if (check === undefined) return undefined
  if (typeof check !== 'function') {
    problems.add('check must be a function.')
    return undefined
  }
  return {
    check({ verified, raw }) {
      const answer = (check as (token: AccessToken, request: unknown) => unknown)(
        verified.token,
        raw,
      )
      return andThen(isThenable(answer) ? Promise.resolve(answer) : answer, (granted) => {
        if (granted === true) return undefined
        if (granted === undefined) {
          const found = 'undefined: a return is missing in the check'
          return reject('check_failed', { check: 'check', expected: 'true or false', found })
        }
        if (granted !== false) {
          throw new TypeError(
            'The check of a guard must return true or false, or a promise of one.',
          )
        }
        return reject('check_failed', { check: 'check', expected: 'true', found: 'false' })
      })
    },
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value
}
