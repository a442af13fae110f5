import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const authelia: Profile = {
  // Read in 2026-11: Authelia source.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
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
      when: { sub: { matches: UUID, differsFromClientId: true } },
    },
  ],
  advice: 'Name the machines in machineClients.',
}
