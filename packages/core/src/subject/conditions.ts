import type { JsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import { memoize } from '../lib/memoize.ts'

/** The conditions on a claim for a rule to hold. All that is given has to be true of it. */
export interface Checks {
  /** This string, or one of these. */
  readonly is?: string | readonly string[]
  /** Another string. */
  readonly isNot?: string
  readonly matches?: RegExp
  /** A string that does not match. */
  readonly matchesNot?: RegExp
  /** The same string as that other claim. */
  readonly sameAs?: string
  /** Another string than that other claim, which is a string too. */
  readonly differsFrom?: string
  /** The client id, or the client id with something around it. */
  readonly isClientId?: true | ClientIdForm
  /** Another string than the client id, which is known. */
  readonly differsFromClientId?: true
  /** One of these stands in it: a space-separated string, or an array of strings. */
  readonly includesAny?: readonly string[]
  /** A space-separated string, or an array of strings, in which none of these stands. */
  readonly includesNone?: readonly string[]
  /** An array that is not empty. */
  readonly isList?: true
  /** An array that begins with one of these. */
  readonly beginsWith?: readonly string[]
  /** Either absent or such. */
  readonly ifPresent?: Checks
}

export interface ClientIdForm {
  readonly prefix?: string
  readonly suffix?: string
  readonly lowerCase?: boolean
}

/**
 * `'present'`: a text that is not empty, a number, an array or object that is not empty. `'absent'`: not
 * there, `null`, or an empty text. What is neither is malformed, and no rule holds for it.
 */
export type Condition = 'present' | 'absent' | Checks

/** Conditions by the name of the claim that each looks at. */
export type Conditions = Readonly<Record<string, Condition>>

/** The facts that conditions may look at beside their own claim. */
export interface Facts {
  readonly claims: JsonObject
  readonly clientId: string | undefined
}

/** Returns whether all conditions hold. Never throws, whatever stands in the claims. */
export function hold(conditions: Conditions, from: JsonObject, facts: Facts): boolean {
  for (const { name, tests } of compileTests(conditions)) {
    const value = own(from, name)
    for (const test of tests) if (!test(value, facts)) return false
  }
  return true
}

/** A member of an object itself, never one of its prototype. */
export function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function isPresent(value: unknown): boolean {
  if (isAbsent(value)) return false
  if (typeof value === 'object') return Object.keys(value as object).length > 0
  return typeof value === 'string' || Number.isFinite(value)
}

type Test = (value: unknown, facts: Facts) => boolean

const compileTests = memoize((conditions: Conditions) =>
  Object.entries(conditions).map(([name, condition]) => ({ name, tests: testsIn(condition) })),
)

function testsIn(condition: Condition): readonly Test[] {
  if (condition === 'present') return [isPresent]
  if (condition === 'absent') return [isAbsent]
  return Object.entries(condition).map(([name, wanted]) => {
    const check = CHECKS[name as keyof Checks] as Check<unknown>
    return (value, facts) => check(value, wanted, facts)
  })
}

type Check<Wanted> = (value: unknown, wanted: Wanted, facts: Facts) => boolean

const CHECKS: { readonly [name in keyof Checks]-?: Check<NonNullable<Checks[name]>> } = {
  is: (value, wanted) => typeof value === 'string' && [wanted].flat().includes(value),
  isNot: (value, unwanted) => typeof value === 'string' && value !== unwanted,
  matches: (value, pattern) => isShort(value) && pattern.test(value),
  matchesNot: (value, pattern) => isShort(value) && !pattern.test(value),
  sameAs: (value, name, { claims }) => typeof value === 'string' && value === own(claims, name),
  differsFrom(value, name, { claims }) {
    const other = own(claims, name)
    return typeof value === 'string' && typeof other === 'string' && value !== other
  },
  isClientId(value, form, { clientId }) {
    if (typeof value !== 'string' || clientId === undefined) return false
    return value === (form === true ? clientId : formed(clientId, form))
  },
  differsFromClientId: (value, _, { clientId }) =>
    typeof value === 'string' && clientId !== undefined && value !== clientId,
  includesAny: (value, wanted) => namesIn(value)?.some((name) => wanted.includes(name)) ?? false,
  includesNone: (value, unwanted) =>
    namesIn(value)?.every((name) => !unwanted.includes(name)) ?? false,
  isList: (value) => Array.isArray(value) && value.length > 0,
  beginsWith: (value, wanted) => Array.isArray(value) && wanted.includes(value[0] as string),
  ifPresent: (value, checks, facts) =>
    isAbsent(value) || testsIn(checks).every((test) => test(value, facts)),
}

function formed(clientId: string, { prefix = '', suffix = '', lowerCase }: ClientIdForm): string {
  return prefix + (lowerCase === true ? clientId.toLowerCase() : clientId) + suffix
}

/** Patterns see no text that is longer, so that none can take long: a longer one is malformed. */
function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LIMITS.claimMatched
}

function namesIn(value: unknown): readonly string[] | undefined {
  if (isShort(value)) return value.split(' ')
  const isList = Array.isArray(value) && value.every((name) => typeof name === 'string')
  return isList ? value : undefined
}
