import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

export const frontegg: Profile = {
  // Read in 2026-11: Source of the Node SDK of Frontegg.
  clientIdClaims: [],
  scopeSources: SCOPE_STRING,
  tokenUse: { claim: 'type' },
  rules: [
    {
      id: 'frontegg.tenant_token',
      kind: 'machine',
      level: 'explicit',
      when: { type: { is: ['tenantApiToken', 'tenantAccessToken'] } },
    },
    {
      id: 'frontegg.user_token',
      kind: 'user',
      level: 'explicit',
      when: { type: { is: 'userToken' } },
    },
    {
      id: 'frontegg.key_of_user',
      kind: 'user',
      level: 'explicit',
      when: { type: { is: ['userApiToken', 'userAccessToken'] } },
      // The sub is the id of the key.
      userIdClaim: 'userId',
    },
  ],
  advice: 'Keep the value that Frontegg writes into the claim named type.',
}
