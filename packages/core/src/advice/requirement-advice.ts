import { isRecord } from '../lib/objects.ts'
import { isSameClaim } from '../subject/claim-path.ts'
import { scopeSources } from '../subject/context.ts'
import type { AdviceRow, RefusalFacts } from './refusal-facts.ts'

const IN_THE_OPTIONS = 'In the options of this API'
const AT_THE_SERVER = 'At the authorization server'
const AT_THE_ROUTE = 'At the route'

/** Claims in which some products write permissions, each with a warning for its advice. */
const SCOPE_CLAIMS = {
  permissions: '',
  scp: '',
  roles: ' Do this only if the authorization server alone controls the content of the claim.',
  groups: ' Do this only if the authorization server alone controls the content of the claim.',
  authorities: ' Do this only if the authorization server alone controls the content of the claim.',
}

/** Returns whether `names` contains all scopes that are missing in the token, or one of the scopes of `any`. */
function isMetBy(names: readonly unknown[], { explanation, scopes }: RefusalFacts): boolean {
  const { expected } = explanation
  if (expected.includes(' or ')) return expected.split(' or ').some((one) => names.includes(one))
  const missing = expected.split(' ').filter((one) => !scopes.includes(one))
  return missing.length > 0 && missing.every((one) => names.includes(one))
}

/** Returns whether the missing scopes are in the claim `name`, which is not read. `false` if an option names the scope claim. */
function isIn(name: string, facts: RefusalFacts): boolean {
  const { claims, settings } = facts
  if (settings === undefined || !Object.hasOwn(claims, name)) return false
  const usual = scopeSources(settings.subjects)
  const isConfigured = settings.scopeSources.some(
    ({ claim }) => !usual.some((source) => isSameClaim(source.claim, claim)),
  )
  const isRead = settings.scopeSources.some(({ claim }) => isSameClaim(claim, name))
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
      ({ claim }) =>
        typeof claim === 'string' && /^\w+(?:\.\w+)+$/.test(claim) && !Object.hasOwn(claims, claim),
    ) === true
  )
}

/** Advice on valid tokens that do not meet the requirements of a guard. */
export const REQUIREMENT_ADVICE: readonly AdviceRow[] = [
  {
    reason: 'insufficient_user_authentication',
    providers: ['keycloak'],
    when: ({ explanation: { check, found } }) => check === 'acr' && found === 'nothing',
    sign: 'the token has no `acr`',
    where: 'At Keycloak, in the client scopes of the client',
    change:
      'add the client scope acr, and set Add to access token in its mapper. Then define the levels in the option ACR to LoA Mapping.',
  },
  {
    reason: 'insufficient_user_authentication',
    providers: ['keycloak'],
    when: ({ explanation: { check, found } }) => check === 'auth_time' && found === 'nothing',
    sign: 'the token has no `auth_time`',
    where: 'At Keycloak, in the client scopes of the client',
    change: 'add the client scope basic, whose mapper writes auth_time into access tokens.',
  },
  {
    reason: 'insufficient_user_authentication',
    providers: ['entra'],
    when: ({ explanation: { check, found } }) => check === 'auth_time' && found === 'nothing',
    sign: 'the token has no `auth_time`',
    where: 'At Entra, in App registrations > this API > Token configuration',
    change: 'add the optional claim auth_time for access tokens.',
  },
  {
    reason: 'insufficient_user_authentication',
    when: ({ explanation: { found } }) => found === 'nothing',
    sign: 'the token has no `acr` or no `auth_time`',
    where: AT_THE_SERVER,
    change:
      'add the claims acr and auth_time to access tokens (RFC 9470 section 6). Without them, users are asked to authenticate again and again.',
  },
  {
    reason: 'insufficient_user_authentication',
    when: ({ explanation: { found } }) => /^an? (?:string|object|array|boolean)$/.test(found),
    sign: '`auth_time` is not a number, or `acr` is not a text',
    where: AT_THE_SERVER,
    change:
      'write auth_time as a number of seconds and acr as a text. A new sign-in does not help: the claim has another type.',
  },
  {
    reason: 'insufficient_user_authentication',
    where: 'In the client',
    change:
      'authenticate the user again with the acr_values and max_age of the challenge (RFC 9470). If the new token has the same acr, check that the server supports these acr_values.',
  },
  ...Object.entries(SCOPE_CLAIMS).map(([name, condition]): AdviceRow => ({
    reason: 'insufficient_scope',
    when: (facts) => isIn(name, facts),
    sign: `the scope is in the claim \`${name}\`, which is not read`,
    where: IN_THE_OPTIONS,
    change: `set scopeClaim: '${name}' (and scopeFormat: 'array' if the claim is an array).${condition}`,
  })),
  {
    reason: 'insufficient_scope',
    when: isInRolesOfKeycloak,
    sign: 'the scope is a role in the claim `realm_access`, as in tokens of Keycloak',
    where: AT_THE_ROUTE,
    change:
      "use claims instead of scope for roles: claims: [{ claim: ['realm_access', 'roles'], includes: '<role>' }].",
  },
  {
    reason: 'insufficient_scope',
    when: hasDottedScopeClaim,
    sign: '`scopeClaim` has dots in it, and no claim has that name',
    where: IN_THE_OPTIONS,
    change:
      "write a path as an array, such as scopeClaim: ['realm_access', 'roles']. A string is the name of one claim.",
  },
  {
    reason: 'insufficient_scope',
    found: 'no scopes',
    where: 'In the client',
    change:
      'request the scope. In the options of this API: if the scope is in another claim, set provider or scopeClaim.',
  },
  {
    reason: 'insufficient_scope',
    where: 'In the client',
    change:
      'request the scope. If the client already requests it, grant the scope to the client or user at the authorization server.',
  },
  {
    reason: 'wrong_issuer',
    where: AT_THE_ROUTE,
    change: 'if this route may accept tokens of this issuer, add it to issuer in requireToken.',
  },
  {
    reason: 'wrong_subject',
    when: ({ explanation: { expected } }) => expected.endsWith(' is required'),
    sign: 'the caller is a machine, and the route requires `acr` or `maxAuthAge`',
    where: AT_THE_ROUTE,
    change:
      'if machines may call this route, remove acr and maxAuthAge, or add a route for machines without them. Otherwise no change is needed.',
  },
  {
    reason: 'wrong_subject',
    where: AT_THE_ROUTE,
    change:
      'if this kind of caller may call this route, change subject in requireToken. Otherwise no change is needed.',
  },
  {
    reason: 'wrong_client',
    found: 'no client',
    where: IN_THE_OPTIONS,
    change:
      'set provider or clientIdClaim: the token does not have the claim that is read for the client id.',
  },
  {
    reason: 'wrong_client',
    where: AT_THE_ROUTE,
    change: 'if this client may call this route, add it to clients in requireToken.',
  },
  {
    reason: 'wrong_claim',
    found: 'no such claim',
    where: AT_THE_SERVER,
    change:
      'add the claim to access tokens, if this caller should have it. If the claim has another name, change claims in requireToken.',
  },
  {
    reason: 'wrong_claim',
    where: AT_THE_ROUTE,
    change:
      'if this token may call this route, change claims in requireToken. Otherwise no change is needed.',
  },
  {
    reason: 'wrong_authorization_details',
    where: 'In the client',
    change:
      'request these authorization_details (RFC 9396) at the authorization server. If the token should be enough, change authorizationDetails in requireToken.',
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
    change: 'the check returned false for this token. If that is intended, no change is needed.',
  },
  {
    reason: 'revoked',
    where: 'In the client',
    change: 'request a new token. The option revoked of this API returned true for this one.',
  },
  {
    reason: 'revocation_unavailable',
    where: 'In your code',
    change:
      'make the option revoked return true or false within one second. It threw an error, returned another value, or its store did not respond.',
  },
  {
    reason: 'issuer_unavailable',
    where: 'In your code',
    change:
      'call close only when the application no longer accepts requests: resolve is not called afterwards.',
  },
  {
    reason: 'keys_unavailable',
    when: ({ explanation: { found } }) => found.includes('resource server is closed'),
    sign: '`close` was called',
    where: 'In your code',
    change: 'call close only when the application no longer accepts requests.',
  },
  {
    reason: 'keys_unavailable',
    where: 'On this machine',
    change:
      'check that the address of the keys is reachable. The warning "The keys of ... could not be fetched" and the event keys_failed contain the address and the cause. Tokens are verified again as soon as the keys are fetched.',
  },
  {
    reason: 'keys_refresh_pending',
    where: AT_THE_SERVER,
    change:
      'no change is needed after a key rotation: the keys are fetched again within seconds. If this continues, a client sends tokens that were not signed by a key of this issuer.',
  },
  {
    reason: 'introspection_unavailable',
    where: AT_THE_SERVER,
    change:
      'the warning "Introspection at ... failed" and the event introspection_failed contain the address and the cause.',
  },
]
