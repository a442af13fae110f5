import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** The client credentials grant of authentik also accepts the name and password of a person. */
export const authentik: Profile = {
  // Read in 2026-11: authentik source: id_token, token and introspection views of the OAuth 2.0 provider.
  clientIdClaims: ['azp', 'client_id'],
  scopeSources: SCOPE_STRING,
  // Only access tokens have these two claims: `to_access_token` adds them to a copy of the claims of the ID token.
  nonceWhen: { azp: 'present', uid: 'present' },
  rules: [
    {
      id: 'authentik.session',
      kind: 'user',
      level: 'structural',
      when: {
        sid: 'present',
        amr: { isList: true },
        preferred_username: { ifPresent: { matchesNot: /^ak-.*-client_credentials$/ } },
      },
    },
    {
      // The token was requested with the name and password of a person, for a client that machines use.
      id: 'authentik.own_name',
      kind: 'user',
      level: 'convention',
      when: {
        preferred_username: { matchesNot: /^ak-.+-client_credentials$/ },
        email: 'present',
      },
    },
    {
      id: 'authentik.generated_name',
      kind: 'machine',
      level: 'convention',
      when: {
        preferred_username: { matches: /^ak-.+-client_credentials$/ },
        sid: 'absent',
        amr: 'absent',
      },
    },
  ],
  advice:
    'Add the azp of each machine to machineClients. Bind a policy to the application of each machine. The policy must allow only the service account of this machine.',
}
