import { type CheckedRequirements, mergeRequirements } from '@bearward/core/internal-guards'
import type { Operation, OperationKind } from './read-operations.ts'

/** The rule for one method: requirements, or `anonymous` if callers without a token may use it. */
export type MethodRule = CheckedRequirements | 'anonymous'

/** The rules of a guard, after validation. */
export interface RuleSettings {
  /** The requirements of every request. */
  readonly floor: CheckedRequirements
  readonly named: Readonly<Record<OperationKind, ReadonlyMap<string, CheckedRequirements>>>
  readonly methods: ReadonlyMap<string, MethodRule>
  /** The rule for operations that are not listed: they are refused, or only the floor applies. */
  readonly unlisted: Readonly<Record<OperationKind, 'refuse' | 'floor'>>
}

/** The requirements for operations, or the kind of an operation that is refused because it is not listed. */
export type Selection =
  | { readonly kind: 'requirements'; readonly requirements: CheckedRequirements }
  | { readonly kind: 'unlisted'; readonly operation: OperationKind | 'unreadable' }

/** Finds the requirements of operations. */
export interface Rules {
  readonly floor: CheckedRequirements
  /** `true` if callers without a token may use at least one method. */
  readonly hasAnonymous: boolean
  /** Returns whether callers without a token may use all these operations. */
  isAnonymous(operations: readonly Operation[]): boolean
  /** Returns the requirements of these operations together, including the floor. */
  select(operations: readonly Operation[]): Selection
}

/** Requirements by their checks: equal requirements of several operations have the same checks. */
type Found = Map<CheckedRequirements['checks'], CheckedRequirements>

/** Creates the rules of a guard. Requirements of one operation are merged with the floor here, and not for each request. */
export function createRules({ floor, named, methods, unlisted }: RuleSettings): Rules {
  const merged = new Map<CheckedRequirements, Selection>()
  const toSelection = (all: readonly CheckedRequirements[]): Selection => ({
    kind: 'requirements',
    requirements: mergeRequirements(all),
  })
  const onlyFloor = toSelection([floor])
  const normalized = byNormalizedUri(named.resource)
  const all = [
    ...Object.values(named).flatMap((table) => [...table.values()]),
    ...[...methods.values()].filter((rule) => rule !== 'anonymous'),
  ]
  for (const one of all) merged.set(one, toSelection([floor, one]))
  const strictest = findStrictest()

  function findStrictest(): Selection {
    const isRefused = Object.values(unlisted).includes('refuse')
    if (isRefused) return { kind: 'unlisted', operation: 'unreadable' }
    return toSelection([floor, ...new Map(all.map((one) => [one.checks, one])).values()])
  }

  /** Adds the requirements of one operation. Returns a selection if the operation decides about the request alone. */
  function add(operation: Operation, found: Found): Selection | undefined {
    if (operation.kind === 'unreadable') return strictest
    if (operation.kind === 'response') return undefined
    const rule = methods.get(operation.method)
    if (rule !== undefined && rule !== 'anonymous') found.set(rule.checks, rule)
    if (operation.kind === 'method') return undefined
    const { kind, name } = operation
    const own = named[kind].get(name)
    if (own !== undefined) found.set(own.checks, own)
    // A server that parses the URI looks up its normalized form.
    const others = (kind === 'resource' && normalized.get(normalize(name))) || NONE
    for (const other of others) found.set(other.checks, other)
    const isListed = own !== undefined || others.length > 0
    return isListed || unlisted[kind] === 'floor'
      ? undefined
      : { kind: 'unlisted', operation: kind }
  }

  return {
    floor,
    hasAnonymous: [...methods.values()].includes('anonymous'),
    isAnonymous: (operations) =>
      operations.every(
        (operation) => operation.kind === 'method' && methods.get(operation.method) === 'anonymous',
      ),
    select(operations) {
      const found: Found = new Map()
      for (const operation of operations) {
        const decided = add(operation, found)
        if (decided !== undefined) return decided
      }
      if (found.size === 0) return onlyFloor
      if (found.size > 1) return toSelection([floor, ...found.values()])
      for (const one of found.values()) return merged.get(one)!
      return onlyFloor
    },
  }
}

const NONE: readonly CheckedRequirements[] = []

/** Returns the requirements of URIs by their normalized forms. Several URIs can have the same form. */
function byNormalizedUri(
  table: ReadonlyMap<string, CheckedRequirements>,
): ReadonlyMap<string, readonly CheckedRequirements[]> {
  const all = new Map<string, CheckedRequirements[]>()
  for (const [uri, requirements] of table) {
    const normalized = normalize(uri)
    all.set(normalized, [...(all.get(normalized) ?? []), requirements])
  }
  return all
}

/** Returns a URI as servers write it after parsing. Returns a text that is not a URI unchanged. */
function normalize(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).href : uri
}
