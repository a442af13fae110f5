import { describeNotPlain } from '../lib/describe-given.ts'
import { copyOwnMembers, isPlainObject } from '../lib/objects.ts'
import { LIMITS } from '../limits.ts'
import type { ScopeSettings } from '../model/settings.ts'
import {
  isScopeToken,
  OFFLINE_ACCESS,
  OFFLINE_ACCESS_PROBLEM,
  SCOPE_TOKEN_FORM,
} from '../authorization/scope-token.ts'
import { nestContext, type OptionContext } from './option-context.ts'
import { custom } from './option-rows.ts'
import { type OptionRow, reportUnknownNames } from './option-table.ts'

/** The scopes of this API. */
export interface ScopesOptions {
  /**
   * The scopes of this API, for `scopes_supported` in its metadata (RFC 9728 section 2).
   *
   * @default none
   */
  readonly supported?: readonly string[]
  /**
   * The scopes that a scope contains. A token with the containing scope passes guards that require a contained scope. A contained
   * scope can contain other scopes, up to 8 levels. Challenges still name the required scope.
   *
   * If `supported` is set, it must contain all scopes that are named here. A scope cannot contain itself.
   *
   * Does NOT change `token.scopes` and `hasScope`.
   *
   * @default none
   * @example
   * { notes: ['notes:read', 'notes:write'] }
   */
  readonly implies?: Readonly<Record<string, readonly string[]>>
}

const NO_SCOPES: ScopeSettings = { supported: [], impliedBy: new Map() }

/** The option `scopes`. */
export const SCOPES: OptionRow<ScopesOptions, ScopeSettings> = custom(readScopesOption, {
  default: undefined,
})

function readScopesOption(given: unknown, name: string, context: OptionContext): ScopeSettings {
  if (given === undefined) return NO_SCOPES
  if (!isPlainObject(given)) {
    context.report(
      `${name} must be an object { supported, implies }, not ${describeNotPlain(given)}.`,
    )
    return NO_SCOPES
  }
  const own = copyOwnMembers(given)
  const inside = nestContext(context, name)
  reportUnknownNames(own, ['supported', 'implies'], inside)
  const supported = readList(own['supported'], inside.toName('supported'), context) ?? []
  const implied = readImplied(own['implies'], inside.toName('implies'), context)
  if (own['supported'] !== undefined) checkClosed(supported, implied, inside)
  return { supported, impliedBy: invert(implied, inside) }
}

function readList(
  given: unknown,
  name: string,
  { report }: OptionContext,
): readonly string[] | undefined {
  if (given === undefined) return undefined
  if (!Array.isArray(given) || given.length === 0 || !Array.from(given).every(isScopeToken)) {
    report(`${name} must be an array with at least one scope: ${SCOPE_TOKEN_FORM}.`)
    return undefined
  }
  checkOffline(given as string[], name, report)
  return Object.freeze([...new Set(given as string[])])
}

function checkOffline(
  scopes: readonly string[],
  name: string,
  report: OptionContext['report'],
): void {
  if (!scopes.includes(OFFLINE_ACCESS)) return
  report(`${name} ${OFFLINE_ACCESS_PROBLEM}`)
}

type Implied = ReadonlyMap<string, readonly string[]>

function readImplied(given: unknown, name: string, context: OptionContext): Implied {
  if (given === undefined) return new Map()
  if (!isPlainObject(given)) {
    context.report(`${name} must be an object { scope: [scopes] }, not ${describeNotPlain(given)}.`)
    return new Map()
  }
  checkOffline(Object.keys(given), name, context.report)
  const entries = Object.entries(copyOwnMembers(given)).flatMap(([scope, scopes]) => {
    if (!isScopeToken(scope)) {
      context.report(`${name} has a member that is not a scope: use ${SCOPE_TOKEN_FORM}.`)
      return []
    }
    const list = readList(scopes, `${name}.${scope}`, context)
    return list === undefined ? [] : [[scope, list] as const]
  })
  return new Map(entries)
}

function checkClosed(
  supported: readonly string[],
  implied: Implied,
  { toName, report }: OptionContext,
): void {
  const named = [...implied].flatMap(([scope, scopes]) => [scope, ...scopes])
  const missing = [...new Set(named)].filter((scope) => !supported.includes(scope))
  if (missing.length === 0) return
  report(
    `Add to ${toName('supported')} the scopes that ${toName('implies')} names: ${missing.join(', ')}.`,
  )
}

/** Returns for each scope the scopes that contain it, directly or through others. Reports cycles and too many levels. */
function invert(implied: Implied, context: OptionContext): ScopeSettings['impliedBy'] {
  const expanded = new Map<string, Expanded>()
  const impliedBy = new Map<string, Set<string>>()
  for (const scope of implied.keys()) {
    const contained = expand(scope, [], { implied, expanded }, context)
    if (contained === undefined) break
    for (const one of contained.scopes) {
      impliedBy.set(one, (impliedBy.get(one) ?? new Set()).add(scope))
    }
  }
  return impliedBy
}

/** The scopes that a scope contains, and the number of levels below it. */
interface Expanded {
  readonly scopes: ReadonlySet<string>
  readonly levels: number
}

/**
 * Returns the scopes that a scope contains. `path` contains the scopes above this scope. Returns `undefined` if a problem was
 * reported.
 */
function expand(
  scope: string,
  path: readonly string[],
  known: { readonly implied: Implied; readonly expanded: Map<string, Expanded> },
  context: OptionContext,
): Expanded | undefined {
  const { toName, report } = context
  if (path.includes(scope)) {
    report(
      `${toName('implies')} has a cycle: ${[...path, scope].slice(path.indexOf(scope)).join(' > ')}.`,
    )
    return undefined
  }
  if (path.length > LIMITS.scopeLevels) {
    report(`${toName('implies')} has more than ${LIMITS.scopeLevels} levels below ${path[0]}.`)
    return undefined
  }
  const before = known.expanded.get(scope)
  if (before !== undefined) return before
  const scopes = new Set<string>()
  let levels = 0
  for (const one of known.implied.get(scope) ?? []) {
    const contained = expand(one, [...path, scope], known, context)
    if (contained === undefined) return undefined
    levels = Math.max(levels, contained.levels + 1)
    for (const each of [one, ...contained.scopes]) scopes.add(each)
  }
  if (levels > LIMITS.scopeLevels) {
    report(`${toName('implies')} has more than ${LIMITS.scopeLevels} levels below ${scope}.`)
    return undefined
  }
  const result = { scopes, levels }
  known.expanded.set(scope, result)
  return result
}
