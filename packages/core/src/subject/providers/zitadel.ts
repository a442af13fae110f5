import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** In Zitadel, service accounts are users. Only an introspection response shows that a user is a person. */
export const zitadel: Profile = {
  // Read in 2026-11: Zitadel source: the OpenID Connect API.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'zitadel.person',
      kind: 'user',
      level: 'structural',
      form: 'introspection',
      when: {
        given_name: 'present',
        family_name: 'present',
        username: { ifPresent: { differsFromClientId: true } },
      },
    },
    {
      id: 'zitadel.service_user',
      kind: 'machine',
      level: 'convention',
      form: 'introspection',
      when: {
        username: { isClientId: true },
        given_name: 'absent',
        family_name: 'absent',
        email: 'absent',
      },
    },
  ],
  advice: 'Name the machines in machineClients.',
}
