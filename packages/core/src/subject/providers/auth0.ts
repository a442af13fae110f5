import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

const clientAtClients = { isClientId: { suffix: '@clients' } } as const

/** Both token profiles of Auth0: the Auth0 profile (`azp`, `gty`) and the RFC 9068 profile (`client_id`, no `gty`). */
export const auth0: Profile = {
  // Read in 2026-11: Auth0 documentation: access token profiles, agent identity in tokens, using tokens.
  arrayClaims: ['permissions'],
  clientIdClaims: ['azp', 'client_id'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'auth0.client_credentials',
      kind: 'machine',
      level: 'explicit',
      when: { gty: { is: 'client-credentials' }, sub: clientAtClients, act: 'absent' },
    },
    {
      id: 'auth0.client_subject',
      kind: 'machine',
      level: 'structural',
      when: { gty: 'absent', sub: clientAtClients, act: 'absent' },
    },
    // Code of the tenant can also write `sub_profile`, so each of the next two rules needs a second claim.
    {
      id: 'auth0.service',
      kind: 'machine',
      level: 'explicit',
      when: {
        sub_profile: { includesAny: ['service'], includesNone: ['user'] },
        sub: { isClientId: true },
      },
    },
    {
      id: 'auth0.agent',
      kind: 'machine',
      level: 'explicit',
      when: {
        sub_profile: { includesAny: ['ai_agent'], includesNone: ['user'] },
        client_profile: { includesAny: ['ai_agent'] },
      },
    },
    {
      id: 'auth0.connection_subject',
      kind: 'user',
      level: 'structural',
      when: {
        sub: { matches: /^[A-Za-z0-9_-]+\|./ },
        gty: { ifPresent: { is: ['password', 'refresh_token'] } },
      },
    },
  ],
  advice:
    'Keep sub and azp or client_id as Auth0 writes them, or name the machines in machineClients.',
}
