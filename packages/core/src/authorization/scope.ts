import type { Problems } from '../configuration-problems.ts'
import { isPlainObject, copyOwnMembers } from '../lib/objects.ts'
import { quoteList } from '../lib/quote.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { ScopeSettings } from '../model/settings.ts'
import { includesText } from '../lib/includes-text.ts'
import { isPersonal } from '../subject/personal-claims.ts'
import {
  type AuthorizationExchange,
  type CheckedRequirement,
  reject,
  type RequirementContext,
} from './requirement.ts'
import {
  isScopeToken,
  OFFLINE_ACCESS,
  OFFLINE_ACCESS_PROBLEM,
  SCOPE_TOKEN_FORM,
} from './scope-token.ts'

export interface ScopeRequirement {
  /**
   * The scopes that the token must have. It must have all scopes of a space-separated string or an array, or at least one scope
   * of `any`. If a scope of the token contains other scopes, the token has these scopes, too: see the option `scopes`. The
   * challenge names all scopes, or the first scope of `any`.
   */
  readonly scope?: string | readonly string[] | { readonly any: readonly string[] }
}

export function readScope(
  scope: unknown,
  { problems, scopes: { impliedBy } }: RequirementContext,
): CheckedRequirement | undefined {
  if (scope === undefined) return undefined
  if (isPlainObject(scope)) {
    const own = copyOwnMembers(scope)
    problems.unknownNames(own, ['any'], { prefix: 'scope.' })
    return requireAny(readNames(own['any'], 'scope.any', problems), impliedBy)
  }
  const names = typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : scope
  return requireAll(readNames(names, 'scope', problems), impliedBy)
}

function readNames(names: unknown, where: string, problems: Problems): readonly string[] {
  if (!Array.isArray(names) || names.length === 0) {
    problems.add(
      'scope must be a string or an array with at least one scope, or { any: [...] }. If no scope is required, remove scope.',
    )
    return []
  }
  // Without `Array.from`, `every` would skip the holes of the array.
  if (!Array.from(names).every(isScopeToken)) {
    problems.add(`${where} contains a value that is not a scope: use ${SCOPE_TOKEN_FORM}.`)
    return []
  }
  if (names.includes(OFFLINE_ACCESS)) {
    problems.add(`${where} ${OFFLINE_ACCESS_PROBLEM}`)
  }
  return [...new Set(names as string[])]
}

type ImpliedBy = ScopeSettings['impliedBy']

/** Returns a function that checks whether a token has a required scope, or another scope that contains the required scope. */
function createHas({ scopes }: AccessToken, impliedBy: ImpliedBy): (scope: string) => boolean {
  return (required) => {
    if (includesText(scopes, required)) return true
    const granting = impliedBy.get(required)
    return granting !== undefined && scopes.some((scope) => granting.has(scope))
  }
}

function requireAll(required: readonly string[], impliedBy: ImpliedBy): CheckedRequirement {
  const expected = required.join(' ')
  return {
    challenge: { scope: expected },
    check: ({ verified }) =>
      required.every(createHas(verified.token, impliedBy))
        ? undefined
        : insufficient(expected, verified),
  }
}

function requireAny(required: readonly string[], impliedBy: ImpliedBy): CheckedRequirement {
  const [first = ''] = required
  return {
    challenge: { scope: first },
    check: ({ verified }) =>
      required.some(createHas(verified.token, impliedBy))
        ? undefined
        : insufficient(required.join(' or '), verified),
  }
}

function insufficient(
  expected: string,
  { token: { scopes }, issuer }: AuthorizationExchange['verified'],
) {
  const isShown = !issuer.settings.scopeSources.some(isPersonal)
  const shown = isShown ? quoteList(scopes) : 'scopes that are not shown'
  const found = scopes.length === 0 ? 'no scopes' : shown
  return reject('insufficient_scope', { check: 'scope', expected, found })
}
