import type { Profile } from '../profile.ts'

/** 11: an agent identity, 13: the user account of an agent. */
const accountOfAgent = ['11', '13']
const notOfAgent = { ifPresent: { namesNone: accountOfAgent } } as const

/** Microsoft Entra ID, tokens of version 1 (`appid`) and 2 (`azp`). */
export const entra: Profile = {
  source:
    'Microsoft documentation: access token claims, optional claims, claims validation, client credentials flow, agent token claims',
  readOn: '2026-11',
  issuers:
    /^https:\/\/(?:login\.microsoftonline\.com\/[\w.{}-]+\/v2\.0|sts\.windows\.net\/[\w.{}-]+\/)$/,
  clientId: ['azp', 'appid'],
  scopes: [
    {
      // Delegated permissions of users stand in scp, application permissions in roles. Users have roles
      // too, which are no scopes.
      claim: 'roles',
      format: 'array',
      when: {
        scp: { ifPresent: { is: '/' } },
        idtyp: { ifPresent: { is: 'app' } },
      },
    },
    { claim: 'scp', format: 'string' },
  ],
  // The sub of a user is another one for every application.
  userId: 'oid',
  clientActs: { idtyp: { is: 'user' }, xms_act_fct: { names: ['11'] } },
  rules: [
    {
      id: 'entra.app',
      kind: 'machine',
      level: 'explicit',
      when: { idtyp: { is: 'app' }, scp: { ifPresent: { is: '/' } } },
    },
    {
      id: 'entra.user',
      kind: 'user',
      level: 'explicit',
      when: { idtyp: { is: 'user' }, xms_sub_fct: notOfAgent },
    },
    {
      id: 'entra.agent_account',
      kind: 'agent_account',
      level: 'explicit',
      when: { idtyp: { is: 'user' }, xms_sub_fct: { names: accountOfAgent } },
    },
    {
      id: 'entra.delegated_permissions',
      kind: 'user',
      level: 'structural',
      when: {
        idtyp: 'absent',
        scp: { matches: /^[^/\s]/ },
        oid: { differsFrom: 'sub' },
        xms_sub_fct: notOfAgent,
      },
    },
    {
      id: 'entra.object_subject',
      kind: 'machine',
      level: 'convention',
      when: {
        idtyp: 'absent',
        scp: 'absent',
        oid: { sameAs: 'sub' },
        name: 'absent',
        preferred_username: 'absent',
        unique_name: 'absent',
        amr: 'absent',
      },
    },
  ],
  advice:
    'Turn on the optional claim idtyp for access tokens of this API in its app registration (include_user_token for users), or name the machines in machineClients.',
}

/** Azure AD B2C: `scp` stands in machines' tokens too, and nothing tells them from users. */
export const b2c: Profile = {
  source: 'Microsoft documentation: client credentials flow in Azure AD B2C',
  readOn: '2026-11',
  issuers: /^https:\/\/[\w-]+\.b2clogin\.com\/[\w.-]+\/v2\.0\/$/,
  clientId: ['azp', 'appid'],
  scopes: [{ claim: 'scp', format: 'string' }],
  rules: [],
  advice: 'Its tokens do not say it: name the machines in machineClients.',
}
