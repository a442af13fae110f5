import { ignoreRejection } from '../lib/ignore-rejection.ts'
import type { JsonObject } from '../lib/json.ts'
import { copyOwnMembers, getOwn, isPlainObject, isRecord } from '../lib/objects.ts'
import { quote } from '../lib/quote.ts'
import { type ClaimValue, isClaimValue } from './claim-conditions.ts'
import { type CheckedRequirement, reject, type RequirementContext } from './requirement.ts'

export interface AuthorizationDetailsRequirement {
  /**
   * The authorization details that the token must have (RFC 9396), in a claim or in the introspection response.
   *
   * - An object: one detail must have this `type` and all other members of the object. A text, number or boolean must be equal.
   *   For an array, the member of the detail must be an array that contains all these values.
   * - A function: it gets all details, and returns `true` or `false`. For any other result, the guard throws a `TypeError`.
   *
   * Malformed details never meet the requirement. Values are compared as a whole, and without normalization. Does NOT compare
   * `locations` with the audience of this API.
   *
   * @example
   * ```ts
   * requireToken({ authorizationDetails: { type: 'account_information', actions: ['read_balances'] } })
   * requireToken({ authorizationDetails: (details) => details.some(({ type }) => type === 'payment') })
   * ```
   */
  readonly authorizationDetails?: RequiredDetail | ((details: AuthorizationDetails) => boolean)
}

/** Members that an authorization detail must have. */
export interface RequiredDetail {
  readonly type: string
  readonly [member: string]: ClaimValue | readonly ClaimValue[]
}

/** The authorization details of a token (RFC 9396 section 2), frozen. Only `type` is checked: other members can have any value. */
export type AuthorizationDetails = readonly {
  readonly type: string
  readonly [member: string]: unknown
}[]

export function readAuthorizationDetails(
  given: unknown,
  { problems }: RequirementContext,
): CheckedRequirement | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'function') {
    const decide = given as (details: AuthorizationDetails) => unknown
    return requireDetails('details that your function accepts', (details) => {
      const result = decide(details)
      if (typeof result === 'boolean') return result
      // An `async` function returns a promise. Without this call, a rejection of this promise would end the process.
      ignoreRejection(result)
      throw new TypeError('The function authorizationDetails of a guard must return true or false.')
    })
  }
  const required = copyOwnMembers(isPlainObject(given) ? given : {})
  // A hole of an array becomes `undefined`, which is reported as a problem.
  const members = Object.entries(required).map(
    ([name, value]) => [name, Array.isArray(value) ? Array.from(value) : [value]] as const,
  )
  const isRight =
    typeof required['type'] === 'string' &&
    required['type'] !== '' &&
    members.every(([, values]) => values.length > 0 && values.every(isClaimValue))
  if (!isRight) {
    problems.add(
      "authorizationDetails must be a function, or an object: { type: 'payment', actions: ['read'] }. Its members are texts, numbers (up to 9007199254740991), booleans, or arrays of them.",
    )
    return undefined
  }
  const own = members.map(([name, values]) => ({
    name,
    isList: Array.isArray(required[name]),
    values: values as readonly ClaimValue[],
  }))
  return requireDetails(describe(own), (details) =>
    details.some((detail) => own.every((member) => hasMember(detail, member))),
  )
}

/** A member of a required detail. */
interface RequiredMember {
  readonly name: string
  readonly isList: boolean
  readonly values: readonly ClaimValue[]
}

function hasMember(detail: JsonObject, { name, isList, values }: RequiredMember): boolean {
  const found = getOwn(detail, name)
  if (!isList) return found === values[0]
  return Array.isArray(found) && values.every((value) => found.includes(value))
}

function describe(members: readonly RequiredMember[]): string {
  const show = (value: ClaimValue) => (typeof value === 'string' ? quote(value) : String(value))
  return members.map(({ name, values }) => `${name} ${values.map(show).join(' and ')}`).join(', ')
}

function requireDetails(
  expected: string,
  isMet: (details: AuthorizationDetails) => boolean,
): CheckedRequirement {
  return {
    check({ verified }) {
      const claim = getOwn(verified.token.claims, 'authorization_details')
      const details = isDetails(claim) ? claim : undefined
      if (details !== undefined && isMet(details)) return undefined
      const found =
        claim === undefined ? 'none' : details === undefined ? 'malformed details' : 'other details'
      return reject('wrong_authorization_details', {
        check: 'authorization_details',
        expected,
        found,
      })
    },
  }
}

/** RFC 9396 section 2: an array of objects, each with a `type`. */
function isDetails(claim: unknown): claim is AuthorizationDetails {
  return (
    Array.isArray(claim) &&
    claim.length > 0 &&
    claim.every((detail) => isRecord(detail) && typeof getOwn(detail, 'type') === 'string')
  )
}
