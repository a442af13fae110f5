import type { Condition, Conditions } from '../conditions.ts'
import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

const GOOGLE_SUB: Condition = { matches: /^accounts\.google\.com:[0-9]+$/ }
const GOOGLE_SOURCE: Condition = { ifPresent: { is: 'GOOGLE' } }

const SERVICE_ACCOUNT: Conditions = {
  sub: GOOGLE_SUB,
  identity_source: GOOGLE_SOURCE,
  gcip: 'absent',
  email: { matches: /^[^@]+@[^@]+\.gserviceaccount\.com$/ },
  hd: 'absent',
}

/**
 * Assertions of Identity-Aware Proxy. A service account and a user of gmail.com differ only in the email address, and
 * an address alone does not prove a machine. But the address of a service account is its client id, so the address can be listed
 * in `machineClients`.
 */
export const googleIap: Profile = {
  // Read in 2026-11: Google Cloud documentation: signed headers and external identities of Identity-Aware
  // Proxy; assertions that it has signed.
  clientIdClaims: [{ claim: 'email', when: SERVICE_ACCOUNT }],
  scopeSources: SCOPE_STRING,
  // This issuer signs only assertions. Without this mark, the assertion of a user would be rejected, because it has neither
  // scopes nor a client id.
  tokenUse: { claim: 'sub' },
  rules: [
    {
      id: 'google-iap.service_account',
      kind: 'machine',
      level: 'convention',
      when: SERVICE_ACCOUNT,
    },
    {
      id: 'google-iap.hosted_account',
      kind: 'user',
      level: 'structural',
      when: {
        sub: GOOGLE_SUB,
        identity_source: GOOGLE_SOURCE,
        gcip: 'absent',
        hd: 'present',
        email: {
          matches: /^[^@]+@[^@]+$/,
          matchesNot: /^[^@]+@(?:[^@]+\.)?gserviceaccount\.com$/,
        },
      },
    },
    {
      id: 'google-iap.external_account',
      kind: 'user',
      level: 'structural',
      when: {
        sub: { matches: /^securetoken\.google\.com\/[^:]+:./ },
        gcip: 'present',
        identity_source: { ifPresent: { is: 'GCIP' } },
        email: { ifPresent: { matches: /^securetoken\.google\.com\/[^:]+:[^@]+@[^@]+$/ } },
      },
    },
  ],
  advice: 'Add the email of each service account to machineClients.',
}
