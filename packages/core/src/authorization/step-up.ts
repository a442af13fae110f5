import { getSeconds } from '../lib/clock.ts'
import { getOwn } from '../lib/objects.ts'
import { listAlternatives } from '../lib/quote.ts'
import { isQuotable } from '../response/challenge.ts'
import { describeType, Rejection } from '../response/rejection.ts'
import type {
  AuthorizationExchange,
  CheckedRequirement,
  RequirementContext,
} from './requirement.ts'

export interface StepUpRequirement {
  /**
   * The accepted authentication context classes (`acr`), in the order of preference. The token must have one of them. Other
   * tokens get 401 `insufficient_user_authentication`, and the challenge names these classes in `acr_values` (RFC 9470). A machine
   * whose token does not meet the requirement gets 403 `wrong_subject` instead. The classes are compared exactly.
   */
  readonly acr?: string | readonly string[]
  /**
   * Maximum number of seconds since the user has authenticated (`auth_time`). A token that does not meet the requirement gets 401
   * `insufficient_user_authentication` with `max_age` (RFC 9470). A machine whose token does not meet the
   * requirement gets 403 `wrong_subject` instead. The clock tolerance of the issuer applies.
   */
  readonly maxAuthAge?: number
}

/** Reads `acr`. */
export function readAcr(
  acr: unknown,
  { problems, given }: RequirementContext,
): CheckedRequirement | undefined {
  if (acr === undefined) return undefined
  const values: unknown = typeof acr === 'string' ? [acr] : acr
  if (!Array.isArray(values) || values.length === 0 || !Array.from(values).every(isAcr)) {
    problems.add(
      "acr must be a text or an array of texts such as ['urn:example:mfa'], without spaces, equals signs, quotes and backslashes.",
    )
    return undefined
  }
  if (given['subject'] === 'machine') {
    problems.add(
      "acr and subject: 'machine' cannot be combined: a machine has no user who can authenticate.",
    )
  }
  const accepted = Object.freeze([...new Set(values)])
  const check = (exchange: AuthorizationExchange) => {
    const found = getOwn(exchange.verified.token.claims, 'acr')
    if (accepted.some((one) => one === found)) return undefined
    const shown = typeof found === 'string' ? 'an acr that is not accepted' : describeType(found)
    return insufficient(exchange, 'acr', listAlternatives(accepted), shown)
  }
  return { check, challenge: { acr_values: accepted.join(' ') } }
}

/** Reads `maxAuthAge`. */
export function readMaxAuthAge(
  maxAuthAge: unknown,
  { problems, given }: RequirementContext,
): CheckedRequirement | undefined {
  if (maxAuthAge === undefined) return undefined
  if (!Number.isSafeInteger(maxAuthAge) || (maxAuthAge as number) < 0) {
    problems.add('maxAuthAge must be a whole number of seconds, such as 300.')
    return undefined
  }
  if (given['subject'] === 'machine') {
    problems.add(
      "maxAuthAge and subject: 'machine' cannot be combined: a machine has no user who can authenticate.",
    )
  }
  const most = maxAuthAge as number
  const check = (exchange: AuthorizationExchange) => {
    const { token, issuer } = exchange.verified
    const { clockTolerance } = issuer.settings
    const time = getOwn(token.claims, 'auth_time')
    const expected = `at most ${most} s ago`
    if (typeof time !== 'number')
      return insufficient(exchange, 'auth_time', expected, describeType(time))
    // Authorization servers compare whole seconds. If this API compared parts of a second, it would refuse a sign-in that the
    // authorization server still accepts.
    const age = Math.floor(getSeconds(exchange.services.clock)) - time
    // The negated comparison also rejects NaN.
    if (!(age >= -clockTolerance))
      return insufficient(exchange, 'auth_time', expected, 'a time in the future')
    if (age <= most + clockTolerance) return undefined
    return insufficient(exchange, 'auth_time', expected, `${Math.ceil(age)} s ago`)
  }
  return { check, challenge: { max_age: String(most) } }
}

function isAcr(value: unknown): value is string {
  return typeof value === 'string' && /^[^\s=]+$/.test(value) && isQuotable(value)
}

/**
 * Rejects a token with 401, so that its user authenticates again. A machine gets 403: it has no user, and would request tokens
 * again and again.
 */
function insufficient(
  { verified: { token } }: AuthorizationExchange,
  check: string,
  expected: string,
  found: string,
): Rejection {
  if (token.subject.kind === 'machine') {
    const explanation = {
      check: 'subject',
      expected: `user, because ${check} is required`,
      found: 'machine',
    }
    return new Rejection('wrong_subject', explanation)
  }
  return new Rejection('insufficient_user_authentication', { check, expected, found })
}
