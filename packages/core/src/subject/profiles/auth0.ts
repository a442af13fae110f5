import type { Profile } from '../profile.ts'

const clientAtClients = { isClientId: { suffix: '@clients' } } as const

/** Both token profiles of Auth0: its own (`azp`, `gty`), and that of RFC 9068 (`client_id`, no `gty`). */
export const auth0: Profile = {
  source: 'Auth0 documentation: access token profiles, agent identity in tokens, using tokens',
  readOn: '2026-11',
  issuers: /^https:\/\/[\w-]+(?:\.[\w-]+)?\.auth0\.com\/$/,
  clientId: ['azp', 'client_id'],
  scopes: [{ claim: 'scope', format: 'string' }],
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
    {
      id: 'auth0.agent',
      kind: 'machine',
      level: 'explicit',
      when: { sub_profile: { names: ['service', 'ai_agent'], namesNone: ['user'] } },
    },
    {
      id: 'auth0.connection_subject',
      kind: 'user',
      level: 'structural',
      when: {
        sub: { matches: /^[A-Za-z0-9_-]+\|./, isClientId: false },
        gty: { ifPresent: { is: ['password', 'refresh_token'] } },
        sub_profile: { ifPresent: { is: 'user' } },
      },
    },
  ],
  advice:
    'Keep sub and azp or client_id as Auth0 writes them, or name the machines in machineClients.',
}
