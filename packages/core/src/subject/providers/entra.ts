import type { Profile } from '../profile.ts'

/** 11: an agent identity, 13: the user account of an agent. */
const accountOfAgent = ['11', '13']
const notOfAgent = { ifPresent: { includesNone: accountOfAgent } } as const

/** Microsoft Entra ID, tokens of version 1 (`appid`) and 2 (`azp`). */
export const entra: Profile = {
  // Read in 2026-11: Microsoft documentation: access token claims, optional claims, claims validation,
  // client credentials flow, agent token claims.
  arrayClaims: ['roles', 'groups', 'wids'],
  clientIdClaims: ['azp', 'appid'],
  scopeSources: [
    {
      // Delegated permissions of users are in scp. Application permissions are in roles. Users have roles,
      // too, but these are not scopes.
      claim: 'roles',
      format: 'array',
      when: {
        scp: { ifPresent: { is: '/' } },
        idtyp: { ifPresent: { is: 'app' } },
      },
    },
    { claim: 'scp', format: 'string' },
  ],
  // The sub of a user differs between applications.
  userIdClaim: 'oid',
  clientActs: { idtyp: { is: 'user' }, xms_act_fct: { includesAny: ['11'] } },
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
      when: { idtyp: { is: 'user' }, xms_sub_fct: { includesAny: accountOfAgent } },
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
    'In the app registration of this API, add the optional claim idtyp to access tokens (include_user_token for users). Or name the machines in machineClients.',
}
