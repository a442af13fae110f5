import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/**
 * ID tokens of Firebase Authentication and Identity Platform, which applications send to their backends. The
 * subject of each token is a user account. The account may be anonymous, or a backend may have signed it in with a custom token.
 */
export const firebase: Profile = {
  // Read in 2026-11: Firebase documentation: verifying ID tokens, custom claims; reserved claims in the
  // source of the Admin SDK for Java.
  clientIdClaims: [],
  scopeSources: SCOPE_STRING,
  // This claim says how the account signed in. A custom claim cannot have this name.
  tokenUse: { claim: 'firebase' },
  rules: [
    {
      id: 'firebase.account',
      kind: 'user',
      level: 'explicit',
      when: { firebase: 'present', auth_time: 'present', sub: 'present' },
    },
  ],
  advice: 'Firebase issues tokens to user accounts only.',
}
