import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

export const casdoor: Profile = {
  // Read in 2026-11: Casdoor source.
  clientIdClaims: ['azp'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'casdoor.application',
      kind: 'machine',
      level: 'explicit',
      when: {
        type: { is: 'application' },
        tokenType: { is: 'access-token' },
        sub: { matches: /^[^/]+\/[^/]+$/ },
      },
    },
    {
      id: 'casdoor.user_type',
      kind: 'user',
      level: 'structural',
      when: {
        type: { is: ['normal-user', 'paid-user', 'invited-user'] },
        tokenType: { is: 'access-token' },
        sub: { matches: /^[^/]+$/ },
      },
    },
  ],
  advice: 'Use the token format JWT: other formats do not contain the claim named type.',
}
