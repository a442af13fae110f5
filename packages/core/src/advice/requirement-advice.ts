import type { AdviceRow, RefusalFacts } from './refusal-facts.ts'

const IN_THE_OPTIONS = 'In the options of this API'
const AT_THE_SERVER = 'At the authorization server'
const AT_THE_ROUTE = 'At the route'

/** The claims in which products write permissions, beside the claim that is read. */
const SCOPE_CLAIMS = ['permissions', 'scp', 'scope', 'roles', 'groups', 'authorities']

/** Returns whether a scope of the guard stands in this claim, which is not read. */
function isIn(name: string, { claims, settings, explanation }: RefusalFacts): boolean {
  if (settings?.scopeSources.some(({ claim }) => claim === name)) return false
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  const held: readonly unknown[] = typeof value === 'string' ? value.split(' ') : [value].flat()
  const wanted = explanation.expected.split(/ or | /)
  return wanted.some((scope) => held.includes(scope))
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
  ...SCOPE_CLAIMS.map((name): AdviceRow => ({
    reason: 'insufficient_scope',
    when: (facts) => isIn(name, facts),
    sign: `the scope is in the claim \`${name}\`, which is not read`,
    where: IN_THE_OPTIONS,
    change: `set scopeClaim: '${name}' (and scopeFormat: 'array', if it is an array).`,
  })),
  {
    reason: 'insufficient_scope',
    when: hasDottedScopeClaim,
    sign: '`scopeClaim` has dots in it, and no claim has that name',
    where: AT_THE_ROUTE,
    change:
      "use check: scopeClaim is the name of one claim, not a path. check: (token) => token.claims.realm_access?.roles?.includes('admin')",
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
      'nothing, if this kind of caller must not call this route. If it may, change the requirement subject.',
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
    change: 'nothing, if the check is right: it returned false for this token.',
  },
  {
    reason: 'keys_unavailable',
    where: AT_THE_SERVER,
    change:
      'see whether this machine reaches the address of its keys: the event keys_failed has the address and the cause. The request is granted as soon as they are fetched.',
  },
  {
    reason: 'keys_refresh_pending',
    where: AT_THE_SERVER,
    change:
      'nothing, after a key rotation: the keys are fetched again within seconds. If it goes on, a client sends tokens that no key of the issuer has signed.',
  },
  {
    reason: 'introspection_unavailable',
    where: AT_THE_SERVER,
    change:
      'see the event introspection_failed: it has the address, the cause, and whether the credentials of this API were refused.',
  },
]
