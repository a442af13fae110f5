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

/** Equal requirements of several operations. They have the same checks, so a request needs them only once. */
interface Group {
  /**
   * The number of the last call of `select` that has found one of these requirements. With this number, `select` needs no `Set` of
   * groups for each request, and is faster.
   */
  lastFound: number
}

/** The requirements of one operation. */
interface Rule {
  readonly requirements: CheckedRequirements
  readonly group: Group
  /** The selection if this is the only rule: the floor and the requirements together. */
  readonly alone: Selection
}

/** Creates the rules of a guard. Requirements of one operation are merged with the floor here, and not for each request. */
export function createRules({ floor, named, methods, unlisted }: RuleSettings): Rules {
  const groups = new Map<CheckedRequirements['checks'], Group>()
  const toSelection = (all: readonly CheckedRequirements[]): Selection => ({
    kind: 'requirements',
    requirements: mergeRequirements([floor, ...all]),
  })
  const onlyFloor = toSelection([])
  const tables = {
    tool: toRules(named.tool),
    prompt: toRules(named.prompt),
    resource: toRules(named.resource),
  }
  const methodRules = toRules(methods)
  const normalized = byNormalizedUri(tables.resource)
  const strictest = findStrictest()
  let selections = 0

  function toRules(table: ReadonlyMap<string, MethodRule>): ReadonlyMap<string, Rule> {
    const rules = new Map<string, Rule>()
    for (const [name, requirements] of table) {
      if (requirements === 'anonymous') continue
      const group = groups.get(requirements.checks) ?? { lastFound: 0 }
      groups.set(requirements.checks, group)
      rules.set(name, { requirements, group, alone: toSelection([requirements]) })
    }
    return rules
  }

  function findStrictest(): Selection {
    const isRefused = Object.values(unlisted).includes('refuse')
    if (isRefused) return { kind: 'unlisted', operation: 'unreadable' }
    const all = [...Object.values(tables), methodRules].flatMap((table) => [...table.values()])
    const byGroup = new Map(all.map(({ group, requirements }) => [group, requirements]))
    return toSelection([...byGroup.values()])
  }

  /** Adds a rule, unless an equal rule was added for the same request. */
  function addOnce(rule: Rule, found: Rule[]): void {
    if (rule.group.lastFound === selections) return
    rule.group.lastFound = selections
    found.push(rule)
  }

  /** Adds the rules for one operation. Returns a selection if no other operation can change it. */
  function add(operation: Operation, found: Rule[]): Selection | undefined {
    if (operation.kind === 'unreadable') return strictest
    if (operation.kind === 'response') return undefined
    const rule = methodRules.get(operation.method)
    if (rule !== undefined) addOnce(rule, found)
    if (operation.kind === 'method') return undefined
    const { kind, name } = operation
    const own = tables[kind].get(name)
    if (own !== undefined) addOnce(own, found)
    // A server that parses the URI looks up its normalized form.
    const others = (kind === 'resource' && normalized.get(normalize(name))) || NONE
    for (const other of others) addOnce(other, found)
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
      selections++
      const found: Rule[] = []
      for (const operation of operations) {
        const decided = add(operation, found)
        if (decided !== undefined) return decided
      }
      const [first] = found
      if (first === undefined) return onlyFloor
      return found.length === 1
        ? first.alone
        : toSelection(found.map(({ requirements }) => requirements))
    },
  }
}

const NONE: readonly Rule[] = []

/** Returns the rules of URIs by their normalized forms. Several URIs can have the same form. */
function byNormalizedUri(table: ReadonlyMap<string, Rule>): ReadonlyMap<string, readonly Rule[]> {
  const all = new Map<string, Rule[]>()
  for (const [uri, rule] of table) {
    const normalized = normalize(uri)
    all.set(normalized, [...(all.get(normalized) ?? []), rule])
  }
  return all
}

/** Returns a URI as servers write it after parsing. Returns a text that is not a URI unchanged. */
function normalize(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).href : uri
}
