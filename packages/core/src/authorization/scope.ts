import type { Problems } from '../configuration-problems.ts'
import { isPlainObject, ownMembers } from '../lib/objects.ts'
import { type CheckedRequirement, reject, type RequirementContext } from './requirement.ts'

export interface ScopeRequirement {
  /**
   * The scopes that the token must have: all of a space-separated string or an array, or with `any` at least one.
   * The challenge names all of them, or the first of `any`.
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
    const own = ownMembers(scope)
    problems.unknownNames(own, ['any'], 'scope.')
    return requireAny(readNames(own['any'], 'scope.any', problems))
  }
  const names = typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : scope
  return requireAll(readNames(names, 'scope', problems))
}

function readNames(names: unknown, where: string, problems: Problems): readonly string[] {
  if (!Array.isArray(names) || names.length === 0) {
    problems.add(`${where} names no scope: name at least one, or leave it out.`)
    return []
  }
  // Holes in an array are not skipped.
  if (!Array.from(names).every((name) => typeof name === 'string' && SCOPE_TOKEN.test(name))) {
    problems.add(
      `${where} holds something that is not a scope: use printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3).`,
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
      const missing = required.filter((scope) => !scopes.includes(scope))
      return insufficient(expected, scopes, `no ${missing.join(', no ')}`, expected)
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
      return insufficient(required.join(' or '), scopes, 'none of them', first)
    },
  }
}

/** The scopes may stand in another claim than the one that was read. */
const NO_SCOPES = 'no scopes at all (provider or scopeClaim say in which claim they stand)'

function insufficient(
  expected: string,
  scopes: readonly string[],
  found: string,
  challenged: string,
) {
  const explanation = { check: 'scope', expected, found: scopes.length === 0 ? NO_SCOPES : found }
  return reject('insufficient_scope', explanation, { scope: challenged })
}
