import type { Problems } from '../configuration-problems.ts'
import { describeNotPlain } from '../lib/describe-given.ts'
import { copyOwnMembers, isPlainObject } from '../lib/objects.ts'
import { quote } from '../lib/quote.ts'
import { describeType } from '../response/rejection.ts'
import { type ClaimPath, getClaim, isClaimPath, showClaimPath } from '../subject/claim-path.ts'
import { type CheckedRequirement, reject, type RequirementContext } from './requirement.ts'

export interface ClaimsRequirement {
  /**
   * Conditions on claims. The token must meet all of them. If a claim is missing or has another type, its condition is not met.
   *
   * - `equals`: the claim is this text, number or boolean.
   * - `includes`: the claim is an array, and one of its elements is this value.
   * - `includesAny`: the claim is an array, and one of its elements is one of these values.
   *
   * Values are compared as a whole, with the same type, and without conversion.
   *
   * @example
   * ```ts
   * requireToken({ claims: [{ claim: 'plan', equals: 'gold' }] })
   * requireToken({ claims: [{ claim: ['realm_access', 'roles'], includes: 'admin' }] })
   * ```
   */
  readonly claims?: readonly ClaimCondition[]
}

/** A value to compare with a claim, or with an element of a claim. */
export type ClaimValue = string | number | boolean

/** A condition on one claim: exactly one of `equals`, `includes` and `includesAny`. */
export type ClaimCondition = { readonly claim: ClaimPath } & (
  | { readonly equals: ClaimValue }
  | { readonly includes: ClaimValue }
  | { readonly includesAny: readonly ClaimValue[] }
)

/** A condition after validation. */
interface CheckedCondition {
  readonly claim: ClaimPath
  readonly kind: 'equals' | 'includes'
  /** One of these values is required. */
  readonly values: readonly ClaimValue[]
}

const EXAMPLE = "{ claim: 'plan', equals: 'gold' }"
const KINDS = ['equals', 'includes', 'includesAny'] as const

export function readClaims(
  claims: unknown,
  { problems }: RequirementContext,
): CheckedRequirement | undefined {
  if (claims === undefined) return undefined
  if (!Array.isArray(claims) || claims.length === 0) {
    problems.add(`claims must be an array with at least one condition: [${EXAMPLE}].`)
    return undefined
  }
  const conditions = Array.from(claims).flatMap(
    (given: unknown, index) => readCondition(given, `claims[${index}]`, problems) ?? [],
  )
  return {
    check({ verified }) {
      const unmet = conditions.find((condition) => !isMet(condition, verified.token.claims))
      if (unmet === undefined) return undefined
      const found = describeFound(unmet, getClaim(verified.token.claims, unmet.claim))
      const check = showClaimPath(unmet.claim)
      return reject('wrong_claim', { check, expected: describeExpected(unmet), found })
    },
  }
}

function readCondition(
  given: unknown,
  name: string,
  problems: Problems,
): CheckedCondition | undefined {
  if (!isPlainObject(given)) {
    problems.add(`${name} must be an object such as ${EXAMPLE}, not ${describeNotPlain(given)}.`)
    return undefined
  }
  const own = copyOwnMembers(given)
  problems.unknownNames(own, ['claim', ...KINDS], { prefix: 'claims[].' })
  const { claim } = own
  if (!isClaimPath(claim)) {
    problems.add(
      `${name}.claim must be the name of a claim, or an array of names: ['realm_access', 'roles'].`,
    )
    return undefined
  }
  const kinds = KINDS.filter((kind) => Object.hasOwn(own, kind))
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) {
    problems.add(`${name} must have exactly one of equals, includes and includesAny.`)
    return undefined
  }
  const values: unknown = kind === 'includesAny' ? own[kind] : [own[kind]]
  if (!Array.isArray(values) || values.length === 0 || !Array.from(values).every(isClaimValue)) {
    const must =
      kind === 'includesAny'
        ? 'an array of texts, numbers (up to 9007199254740991) or booleans'
        : 'a text, a number (up to 9007199254740991) or a boolean'
    problems.add(`${name}.${kind} must be ${must}.`)
    return undefined
  }
  return {
    claim: typeof claim === 'string' ? claim : [...claim],
    kind: kind === 'equals' ? 'equals' : 'includes',
    values: [...(values as ClaimValue[])],
  }
}

/**
 * Returns whether a value can be compared with a claim. A number that is not exact cannot be compared: for example, JSON.parse
 * reads the integers 9007199254740992 and 9007199254740993 as the same number.
 */
export function isClaimValue(value: unknown): value is ClaimValue {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER
  return typeof value === 'string' || typeof value === 'boolean'
}

function isMet(
  { claim, kind, values }: CheckedCondition,
  claims: Readonly<Record<string, unknown>>,
): boolean {
  const found = getClaim(claims, claim)
  if (kind === 'equals') return values.includes(found as ClaimValue)
  // A text has a method `includes`, too: 'administrator' includes 'admin'.
  return Array.isArray(found) && values.some((value) => found.includes(value))
}

function describeExpected({ kind, values }: CheckedCondition): string {
  const names = values.map((value) => (typeof value === 'string' ? quote(value) : String(value)))
  const text = names.join(' or ')
  return kind === 'equals' ? text : `an array with ${text}`
}

/** Describes a claim that does not meet its condition. Its value is not shown, because it may be personal. */
function describeFound({ kind }: CheckedCondition, value: unknown): string {
  if (value === undefined) return 'no such claim'
  if (kind === 'equals') return `another value (${describeType(value)})`
  return Array.isArray(value) ? 'an array without it' : describeType(value)
}
