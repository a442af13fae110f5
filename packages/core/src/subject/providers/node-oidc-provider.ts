import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** In a JWT, `sub` is the account, or the client if there is no account. Introspection responses for a client have no `sub`. */
export const nodeOidcProvider: Profile = {
  // Read in 2026-11: node-oidc-provider source, 9.11: the JWT format and the introspection action.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'node-oidc-provider.account',
      kind: 'user',
      level: 'structural',
      form: 'jwt',
      when: { sub: { differsFromClientId: true } },
    },
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
    "In the options of this API: name the machines in machineClients. Or, if account ids and client ids have different prefixes, set machineSubject: 'client_id'.",
}
