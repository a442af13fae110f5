import type { Profile, Rule } from '../profile.ts'

const readOn = '2026-11'
const spaceSeparated = [{ claim: 'scope', format: 'string' }] as const
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Where the client credentials grant always writes the client id, any other sub is a user's. */
function otherSubject(id: string, also: Rule['when'] = {}): Rule {
  return { id, kind: 'user', level: 'structural', when: { sub: { isClientId: false }, ...also } }
}

/** In a JWT `sub` is the account or else the client; in an introspection response a client has none. */
export const nodeOidcProvider: Profile = {
  source: 'node-oidc-provider source, 9.11: the JWT format and the introspection action',
  readOn,
  clientId: ['client_id'],
  scopes: spaceSeparated,
  rules: [
    { ...otherSubject('node-oidc-provider.account'), form: 'jwt' },
    {
      id: 'node-oidc-provider.no_account',
      kind: 'machine',
      level: 'structural',
      form: 'introspection',
      when: { sub: 'absent', sid: 'absent', client_id: 'present' },
    },
    {
      id: 'node-oidc-provider.introspected_account',
      kind: 'user',
      level: 'structural',
      form: 'introspection',
      when: { sub: 'present', client_id: 'present' },
    },
  ],
  advice:
    "If no account id is ever a client id (give them different prefixes), set machineSubject: 'client_id'; else name the machines in machineClients.",
}

/** A client can be given a static sub, so a sub alone makes no user. */
export const duende: Profile = {
  source: 'Duende IdentityServer and IdentityServer4 source, and the documentation of the former',
  readOn,
  clientId: ['client_id'],
  scopes: [
    { claim: 'scope', format: 'array', form: 'jwt' },
    { claim: 'scope', format: 'string', form: 'introspection' },
  ],
  rules: [
    {
      id: 'duende.no_subject',
      kind: 'machine',
      level: 'structural',
      when: {
        sub: 'absent',
        sid: 'absent',
        auth_time: 'absent',
        idp: 'absent',
        amr: 'absent',
        client_id: 'present',
      },
    },
    otherSubject('duende.authenticated_subject', {
      auth_time: 'present',
      idp: 'present',
      amr: 'present',
    }),
  ],
  advice: 'Give no client a static sub, and keep auth_time, idp and amr in tokens of users.',
}

export const casdoor: Profile = {
  source: 'Casdoor source',
  readOn,
  clientId: ['azp'],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'casdoor.application',
      kind: 'machine',
      level: 'explicit',
      when: {
        type: { is: 'application' },
        tokenType: { is: 'access-token' },
        sub: { matches: /^[^/]+\/[^/]+$/ },
      },
    },
    {
      id: 'casdoor.user_type',
      kind: 'user',
      level: 'structural',
      when: {
        type: { is: ['normal-user', 'paid-user', 'invited-user'] },
        tokenType: { is: 'access-token' },
        sub: { matches: /^[^/]+$/ },
      },
    },
  ],
  advice: 'Use the token format JWT: the others lose the claim type.',
}

export const authelia: Profile = {
  source: 'Authelia source',
  readOn,
  clientId: ['client_id'],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'authelia.client_subject',
      kind: 'machine',
      level: 'structural',
      when: { sub: { isClientId: true }, username: 'absent', amr: 'absent', auth_time: 'absent' },
    },
    {
      id: 'authelia.user_id',
      kind: 'user',
      level: 'structural',
      when: { sub: { matches: UUID, isClientId: false } },
    },
  ],
  advice: 'Name the machines in machineClients.',
}

export const glewlwyd: Profile = {
  source: 'glewlwyd source: the OpenID Connect plugin',
  readOn,
  clientId: ['client_id'],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'glewlwyd.client_subject',
      kind: 'machine',
      level: 'structural',
      form: 'jwt',
      when: { type: { is: 'access_token' }, sub: { isClientId: true }, act: 'absent' },
    },
    { ...otherSubject('glewlwyd.user_id', { type: { is: 'access_token' } }), form: 'jwt' },
    {
      id: 'glewlwyd.username',
      kind: 'user',
      level: 'structural',
      form: 'introspection',
      when: { username: 'present', sub: 'present' },
    },
    {
      id: 'glewlwyd.no_username',
      kind: 'machine',
      level: 'convention',
      form: 'introspection',
      when: { username: 'absent', sub: 'absent', client_id: 'present' },
    },
  ],
  advice: 'Name the machines in machineClients.',
}

export const wso2: Profile = {
  source: 'WSO2 Identity Server source: inbound OAuth authentication',
  readOn,
  clientId: ['client_id', 'azp'],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'wso2.application',
      kind: 'machine',
      level: 'explicit',
      when: { aut: { is: ['APPLICATION', 'AGENT'] }, act: 'absent' },
    },
    {
      id: 'wso2.application_user',
      kind: 'user',
      level: 'explicit',
      when: { aut: { is: 'APPLICATION_USER' }, sub: { isClientId: false } },
    },
  ],
  advice: 'Use a version that writes the claim aut, or name the machines in machineClients.',
}

export const uaa: Profile = {
  source: 'Cloud Foundry UAA source: createJWTAccessToken',
  readOn,
  clientId: ['client_id', 'cid', 'azp'],
  scopes: [{ claim: 'scope', format: 'array' }],
  rules: [
    {
      id: 'uaa.client_credentials',
      kind: 'machine',
      level: 'explicit',
      when: {
        grant_type: { is: 'client_credentials' },
        sub: { isClientId: true },
        user_id: 'absent',
      },
    },
    {
      id: 'uaa.user_id',
      kind: 'user',
      level: 'structural',
      when: {
        user_id: { sameAs: 'sub' },
        sub: { isClientId: false },
        grant_type: { ifPresent: { isNot: 'client_credentials' } },
      },
    },
  ],
  advice: 'Name the machines in machineClients.',
}

/** A machine's `sub` is null in its JWTs. */
export const rauthy: Profile = {
  source: 'Rauthy source',
  readOn,
  clientId: ['azp'],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'rauthy.no_subject',
      kind: 'machine',
      level: 'structural',
      when: {
        sub: 'absent',
        typ: { is: 'Bearer' },
        azp: 'present',
        email: 'absent',
        roles: 'absent',
      },
    },
    otherSubject('rauthy.user_id', { typ: { is: 'Bearer' } }),
  ],
  advice: 'Name the machines in machineClients, by azp.',
}

export const pocketId: Profile = {
  source: 'Pocket ID source',
  readOn,
  clientId: ['client_id'],
  scopes: [{ claim: 'scp', format: 'array' }],
  rules: [
    {
      id: 'pocket-id.client_subject',
      kind: 'machine',
      level: 'structural',
      when: { sub: { isClientId: { prefix: 'client-' } }, act: 'absent' },
    },
    {
      id: 'pocket-id.user_id',
      kind: 'user',
      level: 'structural',
      when: { sub: { matches: UUID, isClientId: false } },
    },
  ],
  advice: 'Name the machines in machineClients.',
}
