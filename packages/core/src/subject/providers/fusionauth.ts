import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** The JOSE header contains the grants, the original grant first. */
export const fusionauth: Profile = {
  // Read in 2026-11: FusionAuth documentation on tokens.
  clientIdClaims: [],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'fusionauth.client_credentials',
      kind: 'machine',
      level: 'explicit',
      form: 'jwt',
      header: { gty: { beginsWith: ['client_credentials'] } },
      when: { applicationId: 'absent', authenticationType: 'absent' },
    },
    {
      id: 'fusionauth.user_grant',
      kind: 'user',
      level: 'explicit',
      form: 'jwt',
      header: {
        gty: {
          beginsWith: [
            'authorization_code',
            'implicit',
            'password',
            'urn:ietf:params:oauth:grant-type:device_code',
          ],
        },
      },
      when: { applicationId: 'present' },
    },
  ],
  advice: 'Keep the header parameter gty as FusionAuth writes it.',
}
