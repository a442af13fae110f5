import {
  choice,
  copyOwnMembers,
  createOptionContext,
  describeNotPlain,
  flag,
  isPlainObject,
  type OptionTable,
  Problems,
  readObject,
  readRows,
  reportUnknownNames,
  wholeNumber,
} from '@bearward/core/internal'
import {
  type CheckedRequirements,
  REQUIREMENT_NAMES,
  type GuardParts,
} from '@bearward/core/internal-guards'
import { type ApiKeySettings, readApiKeys } from './api-key-options.ts'
import { collectProblems } from './collect-problems.ts'
import type { McpGuardOptions } from './options.ts'
import { type OriginSettings, readOriginOptions } from './origin-options.ts'
import { hasNames, type OperationKind } from './read-operations.ts'
import { createRules, type MethodRule, type Rules } from './rules.ts'

/** The options of a guard after validation, with defaults. */
export interface McpSettings extends OriginSettings {
  readonly rules: Rules
  readonly apiKeys: ApiKeySettings | undefined
  readonly bodyLimit: number
  readonly legacy: 'accept' | 'refuse'
  readonly exposeToken: boolean
  readonly endStreamsAtExpiry: boolean
}

const TITLE = 'The options of createMcpGuard are wrong'

type SimpleOptions = Pick<
  McpGuardOptions,
  'bodyLimit' | 'legacy' | 'exposeToken' | 'endStreamsAtExpiry'
>

/** Options whose values do not depend on other options. */
export const SIMPLE_OPTIONS: OptionTable<SimpleOptions, McpSettings> = {
  bodyLimit: wholeNumber({ min: 1, max: 67_108_864, default: 1_048_576 }),
  legacy: choice(['accept', 'refuse'], { default: 'accept' }),
  exposeToken: flag(),
  endStreamsAtExpiry: flag(),
}

/** The other options, except for the requirements. */
export const OTHER_OPTIONS: readonly string[] = [
  'tools',
  'prompts',
  'resources',
  'methods',
  'unlisted',
  'apiKeys',
  'origins',
  'cors',
]

const TABLES = { tool: 'tools', prompt: 'prompts', resource: 'resources' } as const
const KINDS = Object.keys(TABLES) as OperationKind[]

type Own = Readonly<Record<string, unknown>>

/**
 * Validates the options of a guard, and adds the defaults.
 *
 * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
 */
export function readOptions(given: unknown, server: GuardParts): McpSettings {
  const problems = new Problems()
  const own = readObject(given, "{ scope: 'notes:read' }", TITLE)
  const context = createOptionContext(problems, own)
  const names = [...Object.keys(SIMPLE_OPTIONS), ...OTHER_OPTIONS]
  const requirementNames = REQUIREMENT_NAMES.filter((name) => name !== 'optional')
  // `readRequirements` reports `optional` with a message of its own.
  const { optional: _optional, ...others } = own
  reportUnknownNames(others, [...requirementNames, ...names], context)
  const reader = new Reader(own, server, problems)
  const requirements = Object.entries(own).filter(([name]) => REQUIREMENT_NAMES.includes(name))
  const settings = {
    ...readRows(SIMPLE_OPTIONS, own, context),
    rules: reader.readRules(Object.fromEntries(requirements)),
    apiKeys: readApiKeys(own['apiKeys'], server, problems),
    ...readOriginOptions(own, server, problems),
  }
  problems.throwAs(TITLE)
  return settings
}

/** Reads options that depend on each other or on the resource server. */
class Reader {
  private readonly own: Own
  private readonly server: GuardParts
  private readonly problems: Problems
  /** Requirements that were already read. The keys are results of `toComparableText`. */
  private readonly known = new Map<string, CheckedRequirements>()

  constructor(own: Own, server: GuardParts, problems: Problems) {
    this.own = own
    this.server = server
    this.problems = problems
  }

  readRules(requirements: object): Rules {
    const named = Object.fromEntries(
      KINDS.map((kind) => [kind, this.readTable(TABLES[kind])]),
    ) as unknown as Record<OperationKind, ReadonlyMap<string, CheckedRequirements>>
    const floor = this.readRequirements(requirements, undefined)
    const methods = this.readMethods()
    const unlisted = this.readUnlisted()
    return createRules({ floor: floor ?? NONE, named, methods, unlisted })
  }

  private readTable(option: string): ReadonlyMap<string, CheckedRequirements> {
    const rules = new Map<string, CheckedRequirements>()
    for (const [name, given] of this.readEntries(option)) {
      const place = `${option}[${JSON.stringify(name)}]`
      const requirements = this.readRequirements(given, place)
      if (requirements !== undefined) rules.set(name, requirements)
    }
    return rules
  }

  private readMethods(): ReadonlyMap<string, MethodRule> {
    const rules = new Map<string, MethodRule>()
    for (const [name, given] of this.readEntries('methods')) {
      const place = `methods[${JSON.stringify(name)}]`
      if (given === 'anonymous' && hasNames(name)) {
        this.problems.add(
          `${place} cannot be 'anonymous': this method runs tools, or reads prompts or resources. These always need a token.`,
        )
      }
      const rule = given === 'anonymous' ? given : this.readRequirements(given, place)
      if (rule !== undefined) rules.set(name, rule)
    }
    return rules
  }

  private readEntries(option: string): readonly (readonly [string, unknown])[] {
    const given = this.own[option]
    if (given === undefined) return []
    if (isPlainObject(given)) return Object.entries(copyOwnMembers(given))
    this.problems.add(
      `${option} must be an object with names as keys and requirements as values, not ${describeNotPlain(given)}.`,
    )
    return []
  }

  /** Reads requirements. `place` is `undefined` for the requirements of the guard itself. */
  private readRequirements(
    given: unknown,
    place: string | undefined,
  ): CheckedRequirements | undefined {
    if (!isPlainObject(given)) {
      this.problems.add(
        `${place} must be an object with requirements such as { scope: 'notes:write' }, not ${describeNotPlain(given)}.`,
      )
      return undefined
    }
    if (Object.hasOwn(given, 'optional')) {
      this.problems.add(
        `${place ?? 'The guard'} cannot have the requirement optional. If a method needs no token, set its value in the option methods to 'anonymous'.`,
      )
      return undefined
    }
    if (place === undefined)
      return collectProblems(this.problems, () =>
        this.server.readRequirements(given, { isAdditional: false }),
      )
    // In a copy, a getter is replaced by its value.
    const requirements = this.readOnce(copyOwnMembers(given), place)
    // With this description, events name the operation. The names in it come from the options, not from the request.
    return (
      requirements && { ...requirements, describe: () => `${place} ${requirements.describe()}` }
    )
  }

  /** Reads requirements. Requirements with the same `toComparableText` are read once, so that a batch checks them once. */
  private readOnce(
    given: Readonly<Record<string, unknown>>,
    place: string,
  ): CheckedRequirements | undefined {
    const text = toComparableText(given)
    const known = text === undefined ? undefined : this.known.get(text)
    if (known !== undefined) return known
    const requirements = collectProblems(
      this.problems,
      () => this.server.readRequirements(given, { isAdditional: true }),
      (problem) => `${place}: ${problem}`,
    )
    if (text !== undefined && requirements !== undefined) this.known.set(text, requirements)
    return requirements
  }

  private readUnlisted(): Record<OperationKind, 'refuse' | 'floor'> {
    const { unlisted } = this.own
    const hasTables = KINDS.some((kind) => this.own[TABLES[kind]] !== undefined)
    const usual = hasTables ? 'refuse' : 'floor'
    const members = isPlainObject(unlisted) ? copyOwnMembers(unlisted) : undefined
    if (members !== undefined) {
      this.problems.unknownNames(members, Object.values(TABLES), { prefix: 'unlisted.' })
    }
    const read = (kind: OperationKind) => {
      const given = members === undefined ? unlisted : members[TABLES[kind]]
      if (given === undefined || given === 'refuse' || given === 'floor') return given ?? usual
      const name = members === undefined ? 'unlisted' : `unlisted.${TABLES[kind]}`
      this.problems.add(
        `${name} must be 'refuse' or 'floor'${members === undefined ? ', or an object with tools, prompts and resources' : ''}.`,
      )
      return usual
    }
    const resource = read('resource')
    const hasResources = Object.keys(this.own['resources'] ?? {}).length > 0
    if (resource === 'floor' && hasResources) {
      this.problems.add(
        "resources cannot be combined with unlisted: { resources: 'floor' }, because a resource template of the server can accept a listed URI in another spelling. List all resources, or set requirements for resources/read in methods.",
      )
    }
    return { tool: read('tool'), prompt: read('prompt'), resource }
  }
}

/**
 * Returns a text for requirements: if two texts are equal, the requirements are equal. Returns `undefined` if a value is not a
 * text.
 */
function toComparableText(given: object): string | undefined {
  const hasTexts = Object.values(given).every((value) => typeof value === 'string')
  return hasTexts ? JSON.stringify(given) : undefined
}

/** Requirements for a guard whose options are wrong. This guard is never created. */
const NONE = { checks: [], challenge: {} } as unknown as CheckedRequirements
