import type { Profile } from '../profile.ts'

/** A client can have a static `sub`, so a `sub` alone does not show a user. */
export const duende: Profile = {
  // Read in 2026-11: Duende IdentityServer and IdentityServer4 source, and the documentation of the former.
  clientIdClaims: ['client_id'],
  scopeSources: [
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
    {
      id: 'duende.authenticated_subject',
      kind: 'user',
      level: 'structural',
      when: { sub: 'present', auth_time: 'present', idp: 'present', amr: 'present' },
    },
  ],
  advice:
    'Do not give a client a static sub, and keep auth_time, idp and amr in the tokens of users.',
}
