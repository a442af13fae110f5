import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** Introspection responses never have a `sub`. The response for a token of a user has the name of the user. */
export const djangoOauthToolkit: Profile = {
  // Read in 2026-11: Django OAuth Toolkit source: introspection.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'django-oauth-toolkit.username',
      kind: 'user',
      level: 'structural',
      form: 'introspection',
      when: { username: 'present' },
      userIdClaim: 'username',
    },
    {
      id: 'django-oauth-toolkit.no_username',
      kind: 'machine',
      level: 'convention',
      form: 'introspection',
      when: { username: 'absent', client_id: 'present' },
    },
  ],
  advice: 'Name the machines in machineClients.',
}
