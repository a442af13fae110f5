import type { Profile, Rule } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/**
 * Creates the rule for a service account. A service account is a user account, and other users can have a name that begins with
 * `service-account-`. The rule therefore also requires claims that only the client credentials grant writes: the host, the
 * address and the id of the client.
 */
function createServiceAccountRule(id: string, clientIdClaim: string): Rule {
  return {
    id,
    kind: 'machine',
    level: 'structural',
    when: {
      preferred_username: { isClientId: { prefix: 'service-account-', lowerCase: true } },
      clientHost: 'present',
      clientAddress: 'present',
      [clientIdClaim]: { isClientId: true },
    },
  }
}

/** Creates the rule for the session of a user. */
function createSessionRule(id: string, claim: string): Rule {
  return {
    id,
    kind: 'user',
    level: 'structural',
    when: {
      [claim]: 'present',
      preferred_username: { isNot: '', matchesNot: /^service-account-/ },
      clientHost: 'absent',
      clientAddress: 'absent',
      clientId: 'absent',
      jti: { ifPresent: { matchesNot: /^[a-z]{4}cc:/ } },
    },
  }
}

export const keycloak: Profile = {
  // Read in 2026-11: Keycloak source: ClientCredentialsGrantType, OIDCLoginProtocolFactory,
  // AccessTokenContext, introspection and grant providers.
  clientIdClaims: ['azp'],
  scopeSources: SCOPE_STRING,
  rules: [
    /* @__PURE__ */ createServiceAccountRule('keycloak.service_account', 'client_id'),
    /* @__PURE__ */ createServiceAccountRule('keycloak.service_account_21', 'clientId'),
    /* @__PURE__ */ createSessionRule('keycloak.session', 'sid'),
    /* @__PURE__ */ createSessionRule('keycloak.session_state', 'session_state'),
    {
      id: 'keycloak.grant_in_jti',
      kind: 'machine',
      level: 'convention',
      when: {
        jti: { matches: /^[a-z]{4}cc:/ },
        preferred_username: {
          ifPresent: { isClientId: { prefix: 'service-account-', lowerCase: true } },
        },
      },
    },
    {
      id: 'keycloak.user_grant_in_jti',
      kind: 'user',
      level: 'convention',
      when: {
        jti: { matches: /^o[nf][rl]t(?:ac|dg|ro|ci):/ },
        preferred_username: { ifPresent: { matchesNot: /^service-account-/ } },
        clientHost: 'absent',
      },
    },
  ],
  advice:
    'Keep the client scopes service_account, profile and basic on the clients, and do not use lightweight access tokens. Or name the machines in machineClients.',
}
