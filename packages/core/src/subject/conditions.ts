import type { JsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import { memoize } from '../lib/memoize.ts'
import { getOwn } from '../lib/objects.ts'

/** Conditions on a claim. A rule holds only if all of them are met. */
export interface Checks {
  /** The claim is this string, or one of these strings. */
  readonly is?: string | readonly string[]
  /** The claim is a string, but not this one. */
  readonly isNot?: string
  /** The claim is a string that matches this pattern. */
  readonly matches?: RegExp
  /** The claim is a string that does not match this pattern. */
  readonly matchesNot?: RegExp
  /** The claim is the same string as this other claim. */
  readonly sameAs?: string
  /** The claim and this other claim are different strings. */
  readonly differsFrom?: string
  /** The claim equals the client id, or a form of it (prefix, suffix, lower case). */
  readonly isClientId?: true | ClientIdForm
  /** The client id is known, and the claim is another string. */
  readonly differsFromClientId?: true
  /** The claim is a space-separated string or an array of strings, and contains one of these. */
  readonly includesAny?: readonly string[]
  /** The claim is a space-separated string or an array of strings, and does not contain any of these. */
  readonly includesNone?: readonly string[]
  /** The claim is an array that is not empty. */
  readonly isList?: true
  /** The claim is an array that begins with one of these. */
  readonly beginsWith?: readonly string[]
  /** The claim is absent, or meets these conditions. */
  readonly ifPresent?: Checks
}

/** A form of the client id: with a prefix, with a suffix, or in lower case. */
export interface ClientIdForm {
  readonly prefix?: string
  readonly suffix?: string
  readonly lowerCase?: boolean
}

/**
 * A condition on a claim. `'present'`: a number, or a text, array or object that is not empty. `'absent'`: missing,
 * `null`, or an empty text. Any other value is malformed, and neither of these two conditions holds.
 */
export type Condition = 'present' | 'absent' | Checks

/** Conditions by the name of the claim that they read. */
export type Conditions = Readonly<Record<string, Condition>>

/** Facts that a condition can read besides its claim. */
export interface Facts {
  readonly claims: JsonObject
  readonly clientId: string | undefined
}

/** Returns whether all conditions hold. Never throws, for any claims. */
export function hold(conditions: Conditions, from: JsonObject, facts: Facts): boolean {
  return compileConditions(conditions)(from, facts)
}

/** Conditions as a function: see `hold`. */
export type CompiledConditions = (from: JsonObject, facts: Facts) => boolean

/** Compiles conditions. The result is cached for each object of conditions. */
export const compileConditions = memoize((conditions: Conditions): CompiledConditions => {
  const checks = Object.entries(conditions).map(([name, condition]) => {
    return { name, tests: testsIn(condition) }
  })
  return (from, facts) => {
    for (const { name, tests } of checks) {
      const value = getOwn(from, name)
      for (const test of tests) if (!test(value, facts)) return false
    }
    return true
  }
})

export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function isPresent(value: unknown): boolean {
  if (isAbsent(value)) return false
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object') return Object.keys(value as object).length > 0
  return typeof value === 'string' || Number.isFinite(value)
}

type Test = (value: unknown, facts: Facts) => boolean

function testsIn(condition: Condition): readonly Test[] {
  if (condition === 'present') return [isPresent]
  if (condition === 'absent') return [isAbsent]
  return Object.entries(condition).map(([name, wanted]) => {
    const createTest = TESTS[name as keyof Checks] as (wanted: unknown) => Test
    return createTest(wanted)
  })
}

/** Functions that compile one condition of a claim to a test. */
const TESTS: { readonly [name in keyof Checks]-?: (wanted: NonNullable<Checks[name]>) => Test } = {
  is(wanted) {
    const values = [wanted].flat()
    return (value) => typeof value === 'string' && values.includes(value)
  },
  isNot: (unwanted) => (value) => typeof value === 'string' && value !== unwanted,
  matches: (pattern) => (value) => isShort(value) && pattern.test(value),
  matchesNot: (pattern) => (value) => isShort(value) && !pattern.test(value),
  sameAs:
    (name) =>
    (value, { claims }) =>
      typeof value === 'string' && value === getOwn(claims, name),
  differsFrom:
    (name) =>
    (value, { claims }) => {
      const other = getOwn(claims, name)
      return typeof value === 'string' && typeof other === 'string' && value !== other
    },
  isClientId:
    (form) =>
    (value, { clientId }) => {
      if (typeof value !== 'string' || clientId === undefined) return false
      return value === (form === true ? clientId : formed(clientId, form))
    },
  differsFromClientId:
    () =>
    (value, { clientId }) =>
      typeof value === 'string' && clientId !== undefined && value !== clientId,
  includesAny: (wanted) => (value) =>
    namesIn(value)?.some((name) => wanted.includes(name)) ?? false,
  includesNone: (unwanted) => (value) =>
    namesIn(value)?.every((name) => !unwanted.includes(name)) ?? false,
  isList: () => (value) => Array.isArray(value) && value.length > 0,
  beginsWith: (wanted) => (value) => Array.isArray(value) && wanted.includes(value[0] as string),
  ifPresent(checks) {
    const tests = testsIn(checks)
    return (value, facts) => isAbsent(value) || tests.every((test) => test(value, facts))
  },
}

function formed(clientId: string, { prefix = '', suffix = '', lowerCase }: ClientIdForm): string {
  return prefix + (lowerCase === true ? clientId.toLowerCase() : clientId) + suffix
}

/** Returns whether a value is a string that is short enough for a regular expression. The limit bounds the matching time. */
function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LIMITS.claimMatched
}

function namesIn(value: unknown): readonly string[] | undefined {
  if (isShort(value)) return value.split(' ')
  const isList = Array.isArray(value) && value.every((name) => typeof name === 'string')
  return isList ? value : undefined
}
