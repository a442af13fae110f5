import type { Profile } from '../profile.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const pocketId: Profile = {
  // Read in 2026-11: Pocket ID source.
  clientIdClaims: ['client_id'],
  scopeSources: [{ claim: 'scp', format: 'array' }],
  rules: [
    {
      id: 'pocket-id.client_subject',
      kind: 'machine',
      level: 'structural',
      when: { sub: { isClientId: { prefix: 'client-' } }, act: 'absent' },
    },
    {
      id: 'pocket-id.user_id',
      kind: 'user',
      level: 'structural',
      when: { sub: { matches: UUID, differsFromClientId: true } },
    },
  ],
  advice: 'Name the machines in machineClients.',
}
