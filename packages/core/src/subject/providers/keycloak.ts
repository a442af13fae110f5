import type { Profile, Rule } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/**
 * A service account is a user with a name that anybody could take. What nobody can bring about are the
 * notes of a session that only the client credentials grant makes: the client's host, address and id.
 */
function serviceAccount(id: string, noteOfClientId: string): Rule {
  return {
    id,
    kind: 'machine',
    level: 'structural',
    when: {
      preferred_username: { isClientId: { prefix: 'service-account-', lowerCase: true } },
      clientHost: 'present',
      clientAddress: 'present',
      [noteOfClientId]: { isClientId: true },
    },
  }
}

function session(id: string, claim: string): Rule {
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
  source:
    'Keycloak source: ClientCredentialsGrantType, OIDCLoginProtocolFactory, AccessTokenContext, introspection and grant providers',
  readOn: '2026-11',
  addressPattern:
    /^https?:\/\/[^/?#]+(?:\/auth)?\/realms\/[^/?#]+(?:$|\/protocol\/openid-connect\/)/,
  clientIdClaims: ['azp'],
  scopeSources: SCOPE_STRING,
  rules: [
    serviceAccount('keycloak.service_account', 'client_id'),
    serviceAccount('keycloak.service_account_21', 'clientId'),
    session('keycloak.session', 'sid'),
    session('keycloak.session_state', 'session_state'),
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
    'Keep the client scopes service_account, profile and basic on the clients and avoid lightweight access tokens, or name the machines in machineClients.',
}
