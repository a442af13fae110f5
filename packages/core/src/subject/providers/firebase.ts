import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/**
 * ID tokens of Firebase Authentication and Identity Platform, which applications send to their own backends. They are
 * always those of a user account, which can be anonymous, or be signed in by a backend with a custom token.
 */
export const firebase: Profile = {
  source:
    'Firebase documentation: verifying ID tokens, custom claims; reserved claims in the source of the Admin SDK for Java',
  readOn: '2026-11',
  issuerPattern: /^https:\/\/securetoken\.google\.com\/[a-z0-9-]+$/,
  clientIdClaims: [],
  scopeSources: SCOPE_STRING,
  // It says how the account signed in, and no claim of one's own can be called that.
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
