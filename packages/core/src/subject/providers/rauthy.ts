import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** In the JWTs of machines, `sub` is null. */
export const rauthy: Profile = {
  // Read in 2026-11: Rauthy source.
  clientIdClaims: ['azp'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'rauthy.no_subject',
      kind: 'machine',
      level: 'structural',
      when: {
        sub: 'absent',
        typ: { is: 'Bearer' },
        azp: 'present',
        email: 'absent',
        roles: 'absent',
      },
    },
    {
      id: 'rauthy.user_id',
      kind: 'user',
      level: 'structural',
      when: { sub: { differsFromClientId: true }, typ: { is: 'Bearer' } },
    },
  ],
  advice: 'Add the azp of each machine to machineClients.',
}
