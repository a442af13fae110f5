import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

export const kubernetes: Profile = {
  // Read in 2026-11: Kubernetes documentation: projected service account tokens.
  clientIdClaims: [],
  scopeSources: SCOPE_STRING,
  tokenUse: { claim: 'kubernetes.io' },
  rules: [
    {
      id: 'kubernetes.service_account',
      kind: 'machine',
      level: 'structural',
      when: {
        sub: { matches: /^system:serviceaccount:[^:]+:[^:]+$/ },
        'kubernetes.io': 'present',
        exp: 'present',
        aud: 'present',
      },
    },
  ],
  advice: 'Only projected service account tokens are supported.',
}
