import type { Profile } from '../profile.ts'

export const uaa: Profile = {
  // Read in 2026-11: Cloud Foundry UAA source: createJWTAccessToken.
  clientIdClaims: ['client_id', 'cid', 'azp'],
  scopeSources: [{ claim: 'scope', format: 'array' }],
  rules: [
    {
      id: 'uaa.client_credentials',
      kind: 'machine',
      level: 'explicit',
      when: {
        grant_type: { is: 'client_credentials' },
        sub: { isClientId: true },
        user_id: 'absent',
      },
    },
    {
      id: 'uaa.user_id',
      kind: 'user',
      level: 'structural',
      when: {
        user_id: { sameAs: 'sub' },
        grant_type: { ifPresent: { isNot: 'client_credentials' } },
      },
    },
  ],
  advice: 'Name the machines in machineClients.',
}
