import { isRecord } from '../lib/objects.ts'
import { isSameClaim } from '../subject/claim-path.ts'
import { scopeSources } from '../subject/context.ts'
import type { Advice, RefusalFacts } from './refusal-facts.ts'
import { COMPARE_CLOCKS, IN_SECONDS, isInMilliseconds } from './validity-advice.ts'

/** Warning for a claim about a user: it can contain more permissions than the client has requested. */
const WARNING =
  ' Do this only if the authorization server alone controls the content of the claim, and if the client may use all of it.'

/** Claims in which some products write permissions. Each value is added to the advice: a warning, or an empty text. */
const SCOPE_CLAIMS = {
  permissions: WARNING,
  scp: '',
  roles: WARNING,
  groups: WARNING,
  authorities: WARNING,
}

/** Returns whether `names` contains all scopes that are missing in the token, or one of the scopes of `any`. */
function isMetBy(names: readonly unknown[], { explanation, scopes }: RefusalFacts): boolean {
  const { expected } = explanation
  if (expected.includes(' or ')) return expected.split(' or ').some((one) => names.includes(one))
  const missing = expected.split(' ').filter((one) => !scopes.includes(one))
  return missing.length > 0 && missing.every((one) => names.includes(one))
}

/**
 * Returns whether the claim `name` contains the missing scopes, but is not read for scopes. Returns `false` if an option names
 * the scope claim.
 */
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

/** Returns whether `auth_time` is in the future. A new sign-in does not help: a clock is wrong, or the time is in milliseconds. */
function isInFuture({ explanation: { check, found } }: RefusalFacts): boolean {
  return check === 'auth_time' && found === 'a time in the future'
}

/** Advice on valid tokens that do not meet the requirements of a guard. */
export const getRequirementAdvice = () =>
  ({
    insufficient_user_authentication: [
      {
        providers: ['keycloak'],
        when: ({ explanation: { check, found } }) => check === 'acr' && found === 'nothing',
        advice:
          "At Keycloak, in the client scopes of the client: add the client scope acr, and turn on 'Add to access token' in its mapper. Then define the levels in the option ACR to LoA Mapping.",
      },
      {
        providers: ['keycloak'],
        when: ({ explanation: { check, found } }) => check === 'auth_time' && found === 'nothing',
        advice:
          'At Keycloak, in the client scopes of the client: add the client scope basic, whose mapper writes auth_time into access tokens.',
      },
      {
        providers: ['entra'],
        when: ({ explanation: { check, found } }) => check === 'auth_time' && found === 'nothing',
        advice:
          'At Entra, in App registrations > this API > Token configuration: add the optional claim auth_time for access tokens.',
      },
      {
        when: ({ explanation: { found } }) => found === 'nothing',
        advice:
          'At the authorization server: add the claims acr and auth_time to access tokens (RFC 9470 section 6). Otherwise, users are asked to authenticate again and again.',
      },
      {
        when: ({ explanation: { found } }) => /^an? (?:string|object|array|boolean)$/.test(found),
        advice:
          'At the authorization server: write auth_time as a number of seconds and acr as a text. A new sign-in does not help, because the claim then still has the wrong type.',
      },
      {
        when: (facts) => isInFuture(facts) && isInMilliseconds('auth_time')(facts),
        advice: IN_SECONDS,
      },
      { when: isInFuture, advice: COMPARE_CLOCKS },
      'In the client: authenticate the user again with the acr_values and max_age of the challenge (RFC 9470). If the new token has the same acr, check that the server supports these acr_values.',
    ],
    insufficient_scope: [
      {
        providers: ['auth0'],
        when: (facts) => isIn('permissions', facts),
        advice:
          "In the client: request the scope. Do not set scopeClaim: 'permissions', because this claim has all permissions of the user, even those that the client did not request.",
      },
      ...Object.entries(SCOPE_CLAIMS).map(([name, condition]) => ({
        when: (facts: RefusalFacts) => isIn(name, facts),
        advice: `In the options of this API: set scopeClaim: '${name}' (and scopeFormat: 'array' if the claim is an array).${condition}`,
      })),
      {
        when: isInRolesOfKeycloak,
        advice:
          "At the route: for roles, use the requirement claims instead of scope, such as claims: [{ claim: ['realm_access', 'roles'], includes: '<role>' }].",
      },
      {
        when: hasDottedScopeClaim,
        advice:
          "In the options of this API: write a path as an array, such as scopeClaim: ['realm_access', 'roles']. A string is the name of one claim.",
      },
      {
        found: 'no scopes',
        advice:
          'In the client: request the scope. In the options of this API: if the scope is in another claim, set provider or scopeClaim.',
      },
      'In the client: request the scope. If the client already requests it, grant the scope to the client or user at the authorization server.',
    ],
    wrong_issuer: [
      'At the route: if this route may accept tokens of this issuer, add the issuer to the requirement issuer in requireToken.',
    ],
    wrong_subject: [
      {
        when: ({ explanation: { expected } }) => expected.endsWith(' is required'),
        advice:
          'At the route: if machines may call this route, remove acr and maxAuthAge, or add a route for machines that requires neither acr nor maxAuthAge. Otherwise no change is needed.',
      },
      'At the route: if this kind of caller may call this route, change subject in requireToken. Otherwise no change is needed.',
    ],
    wrong_client: [
      {
        found: 'no client',
        advice:
          'In the options of this API: set provider or clientIdClaim. The client id is read from a claim that this token does not have.',
      },
      'At the route: if this client may call this route, add it to clients in requireToken.',
    ],
    wrong_claim: [
      {
        found: 'no such claim',
        advice:
          'At the authorization server: add the claim to access tokens, if this caller should have it. If the claim has another name, change claims in requireToken.',
      },
      'At the route: if this token may call this route, change claims in requireToken. Otherwise no change is needed.',
    ],
    wrong_authorization_details: [
      'In the client: request these authorization_details (RFC 9396) at the authorization server. If the token is sufficient for this route, change authorizationDetails in requireToken.',
    ],
    check_failed: [
      {
        found: 'undefined: a return is missing in the check',
        advice:
          'At the route: return true or false from the check. An arrow function with braces needs return.',
      },
      'At the route: the check returned false for this token. If that is intended, no change is needed.',
    ],
    api_key_not_sufficient: [
      'In the client: use an access token. The guard has a requirement that an API key never meets: acr, bound, clients, introspect, issuer or maxAuthAge.',
    ],
    revoked: [
      'In the client: request a new token. The option revoked of this API returned true for this token.',
    ],
    revocation_unavailable: [
      'In your code: make the option revoked return true or false within one second. The function threw an error, returned another value, or did not return in time.',
    ],
    issuer_unavailable: [
      'In your code: call close only when the application no longer accepts requests.',
    ],
    keys_unavailable: [
      {
        when: ({ explanation: { found } }) => found.includes('resource server is closed'),
        advice: 'In your code: call close only when the application no longer accepts requests.',
      },
      'On this computer: check that the address of the keys is reachable. The warning "The keys of ... could not be fetched" and the event keys_failed contain the address and the cause. Tokens are verified again as soon as the keys are fetched.',
    ],
    keys_refresh_pending: [
      'At the authorization server: after a key rotation, no change is needed, because the keys are fetched again within seconds. If this continues, a client sends tokens that were not signed by a key of this issuer.',
    ],
    introspection_unavailable: [
      'At the authorization server: check why introspection fails or is slow. If a call fails, the log of this API and the event introspection_failed contain the address and the cause.',
    ],
  }) satisfies Advice
