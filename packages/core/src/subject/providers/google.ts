import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** ID tokens. Google machines call an API with the ID token of their service account. */
export const google: Profile = {
  // Read in 2026-11: Google Cloud documentation: verifying instance identity, generateIdToken.
  isPublic: true,
  clientIdClaims: ['azp'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'google.service_account',
      kind: 'machine',
      level: 'structural',
      when: {
        azp: { sameAs: 'sub' },
        sub: { matches: /^[0-9]{10,}$/ },
        email: { ifPresent: { matches: /^[^@]+@[^@]+\.gserviceaccount\.com$/ } },
        hd: 'absent',
      },
    },
    {
      id: 'google.application_of_user',
      kind: 'user',
      level: 'structural',
      when: {
        azp: { matches: /^[^.]+\.apps\.googleusercontent\.com$/ },
        sub: { matches: /^[0-9]{10,}$/ },
        email: { ifPresent: { matchesNot: /^[^@]+@[^@]+\.gserviceaccount\.com$/ } },
      },
    },
  ],
  advice: 'Add the azp of each machine to machineClients.',
}
