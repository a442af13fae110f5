import { isRecord } from '../lib/objects.ts'
import { scopeSources } from '../subject/context.ts'
import type { AdviceRow, RefusalFacts } from './refusal-facts.ts'

const IN_THE_OPTIONS = 'In the options of this API'
const AT_THE_SERVER = 'At the authorization server'
const AT_THE_ROUTE = 'At the route'

/** The claims in which products write permissions, beside the claim that is read. */
const SCOPE_CLAIMS = {
  permissions: '',
  scp: '',
  roles: ' Do so only if the authorization server alone decides what is in it.',
  groups: ' Do so only if the authorization server alone decides what is in it.',
  authorities: ' Do so only if the authorization server alone decides what is in it.',
}

/** Returns whether these scopes include all that the token lacks, or one of several alternatives. */
function isMetBy(held: readonly unknown[], { explanation, scopes }: RefusalFacts): boolean {
  const { expected } = explanation
  if (expected.includes(' or ')) return expected.split(' or ').some((one) => held.includes(one))
  const missing = expected.split(' ').filter((one) => !scopes.includes(one))
  return missing.length > 0 && missing.every((one) => held.includes(one))
}

/** Returns whether the missing scopes are in a claim that is not read, and no option names the claim with the scopes. */
function isIn(name: string, facts: RefusalFacts): boolean {
  const { claims, settings } = facts
  if (settings === undefined || !Object.hasOwn(claims, name)) return false
  const usual = scopeSources(settings.subjects)
  const isConfigured = settings.scopeSources.some(
    ({ claim }) => !usual.some((source) => source.claim === claim),
  )
  const isRead = settings.scopeSources.some(({ claim }) => claim === name)
  return !isConfigured && !isRead && isMetBy(toList(claims[name]), facts)
}

function toList(value: unknown): readonly unknown[] {
  return typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
}

function isInRolesOfKeycloak(facts: RefusalFacts): boolean {
  const { realm_access: realm } = facts.claims
  return isRecord(realm) && isMetBy(toList(realm['roles']), facts)
}

function hasDottedScopeClaim({ claims, settings }: RefusalFacts): boolean {
  return (
    settings?.scopeSources.some(
      ({ claim }) => /^\w+(?:\.\w+)+$/.test(claim) && !Object.hasOwn(claims, claim),
    ) === true
  )
}

/** Advice on valid tokens that do not meet the requirements of a guard. */
export const REQUIREMENT_ADVICE: readonly AdviceRow[] = [
  ...Object.entries(SCOPE_CLAIMS).map(([name, condition]): AdviceRow => ({
    reason: 'insufficient_scope',
    when: (facts) => isIn(name, facts),
    sign: `the scope is in the claim \`${name}\`, which is not read`,
    where: IN_THE_OPTIONS,
    change: `set scopeClaim: '${name}' (and scopeFormat: 'array', if it is an array).${condition}`,
  })),
  {
    reason: 'insufficient_scope',
    when: isInRolesOfKeycloak,
    sign: 'the scope is a role in the claim `realm_access`, as at Keycloak',
    where: AT_THE_ROUTE,
    change:
      "use check for roles, instead of scope: check: (token) => token.claims.realm_access?.roles?.includes('<role>') === true",
  },
  {
    reason: 'insufficient_scope',
    when: hasDottedScopeClaim,
    sign: '`scopeClaim` has dots in it, and no claim has that name',
    where: AT_THE_ROUTE,
    change:
      "use check: scopeClaim is the name of one claim, not a path. check: (token) => token.claims.realm_access?.roles?.includes('<role>') === true",
  },
  {
    reason: 'insufficient_scope',
    found: 'no scopes',
    where: 'In the client',
    change:
      'request the scope. If the token has it in a claim of another name, set provider or scopeClaim.',
  },
  {
    reason: 'insufficient_scope',
    where: 'In the client',
    change:
      'request the scope. If it does, grant the scope to this client (or user) at the authorization server.',
  },
  {
    reason: 'wrong_issuer',
    where: AT_THE_ROUTE,
    change: 'add the issuer to the requirement issuer, if its tokens may call this route.',
  },
  {
    reason: 'wrong_subject',
    where: AT_THE_ROUTE,
    change:
      'change nothing, if this kind of caller must not call this route. If it may, change the requirement subject.',
  },
  {
    reason: 'wrong_client',
    found: 'no client',
    where: IN_THE_OPTIONS,
    change: 'set provider or clientIdClaim: the token names no client in the claim that is read.',
  },
  {
    reason: 'wrong_client',
    where: AT_THE_ROUTE,
    change: 'add the client to the requirement clients, if it may call this route.',
  },
  {
    reason: 'check_failed',
    found: 'undefined: a return is missing in the check',
    where: AT_THE_ROUTE,
    change: 'return true or false from the check. An arrow function with braces needs return.',
  },
  {
    reason: 'check_failed',
    where: AT_THE_ROUTE,
    change: 'change nothing, if the check is right: it returned false for this token.',
  },
  {
    reason: 'keys_unavailable',
    when: ({ explanation: { found } }) => found.includes('a closed resource server'),
    sign: '`close` was called',
    where: 'In your code',
    change: 'call close only when no request comes any more.',
  },
  {
    reason: 'keys_unavailable',
    where: 'On this machine',
    change:
      'check whether it reaches the address of the keys. The log line (and the event) keys_failed has the address and the cause. The token is checked again when the keys are there.',
  },
  {
    reason: 'keys_refresh_pending',
    where: AT_THE_SERVER,
    change:
      'change nothing after a key rotation: the keys are fetched again in seconds. If it continues, a client sends tokens that no key of the issuer has signed.',
  },
  {
    reason: 'introspection_unavailable',
    where: AT_THE_SERVER,
    change:
      'see the log line (or the event) introspection_failed: it has the address and the cause.',
  },
]
