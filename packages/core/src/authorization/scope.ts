import type { Problems } from '../configuration-problems.ts'
import { isPlainObject, copyOwnMembers } from '../lib/objects.ts'
import { quoteList } from '../lib/quote.ts'
import { isPersonal } from '../subject/personal-claims.ts'
import {
  type AuthorizationExchange,
  type CheckedRequirement,
  reject,
  type RequirementContext,
} from './requirement.ts'

export interface ScopeRequirement {
  /**
   * The scopes that the token must have. It must have all scopes of a space-separated string or an array, or at least
   * one scope of `any`. The challenge names all scopes, or the first scope of `any`.
   */
  readonly scope?: string | readonly string[] | { readonly any: readonly string[] }
}

/** RFC 6749 section 3.3: `scope-token`. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

export function readScope(
  scope: unknown,
  { problems }: RequirementContext,
): CheckedRequirement | undefined {
  if (scope === undefined) return undefined
  if (isPlainObject(scope)) {
    const own = copyOwnMembers(scope)
    problems.unknownNames(own, ['any'], { prefix: 'scope.' })
    return requireAny(readNames(own['any'], 'scope.any', problems))
  }
  const names = typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : scope
  return requireAll(readNames(names, 'scope', problems))
}

function readNames(names: unknown, where: string, problems: Problems): readonly string[] {
  if (!Array.isArray(names) || names.length === 0) {
    problems.add(
      'scope must be a string or an array with at least one scope, or { any: [...] }. If no scope is required, remove scope.',
    )
    return []
  }
  // Unlike `every` on the array, this does not skip holes.
  if (!Array.from(names).every((name) => typeof name === 'string' && SCOPE_TOKEN.test(name))) {
    problems.add(
      `${where} contains a value that is not a scope: use printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3).`,
    )
    return []
  }
  return [...new Set(names as string[])]
}

function requireAll(required: readonly string[]): CheckedRequirement {
  const expected = required.join(' ')
  return {
    challenge: { scope: expected },
    check({ verified }) {
      const { scopes } = verified.token
      if (required.every((scope) => scopes.includes(scope))) return undefined
      return insufficient(expected, verified, expected)
    },
  }
}

function requireAny(required: readonly string[]): CheckedRequirement {
  const [first = ''] = required
  return {
    challenge: { scope: first },
    check({ verified }) {
      const { scopes } = verified.token
      if (required.some((scope) => scopes.includes(scope))) return undefined
      return insufficient(required.join(' or '), verified, first)
    },
  }
}

function insufficient(
  expected: string,
  { token: { scopes }, issuer }: AuthorizationExchange['verified'],
  challenged: string,
) {
  const isShown = !issuer.settings.scopeSources.some(isPersonal)
  const shown = isShown ? quoteList(scopes) : 'scopes that are not shown'
  const found = scopes.length === 0 ? 'no scopes' : shown
  const explanation = { check: 'scope', expected, found }
  return reject('insufficient_scope', explanation, { scope: challenged })
}
