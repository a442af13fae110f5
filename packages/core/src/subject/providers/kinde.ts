import type { Profile } from '../profile.ts'

export const kinde: Profile = {
  // Read in 2026-11: Kinde documentation on access tokens.
  arrayClaims: ['permissions'],
  clientIdClaims: ['azp'],
  scopeSources: [{ claim: 'scp', format: 'array' }],
  rules: [
    {
      id: 'kinde.client_credentials',
      kind: 'machine',
      level: 'explicit',
      when: { gty: { beginsWith: ['client_credentials'] }, sub: 'absent' },
    },
    {
      id: 'kinde.user_id',
      kind: 'user',
      level: 'structural',
      when: {
        sub: { matches: /^kp_/ },
        gty: { ifPresent: { includesNone: ['client_credentials'] } },
      },
    },
  ],
  advice: 'Add the azp of each machine to machineClients.',
}
