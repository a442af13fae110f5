import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** The form of client ids that Cloudflare creates for service tokens. The `common_name` of a client certificate can be any name. */
const SERVICE_TOKEN = /^[0-9a-f]{32}\.access$/

/** Application tokens. The token of the global session has the type `org`, and is not for an application. */
export const cloudflareAccess: Profile = {
  // Read in 2026-11: Cloudflare One documentation: application token, service tokens.
  clientIdClaims: [
    { claim: 'common_name', when: { common_name: { matches: SERVICE_TOKEN }, sub: 'absent' } },
  ],
  scopeSources: SCOPE_STRING,
  tokenUse: { claim: 'type', value: 'app' },
  writesEmptySub: true,
  rules: [
    {
      id: 'cloudflare-access.service_token',
      kind: 'machine',
      level: 'structural',
      when: {
        type: { is: 'app' },
        common_name: { matches: SERVICE_TOKEN },
        sub: 'absent',
        email: 'absent',
        identity_nonce: 'absent',
      },
    },
    {
      id: 'cloudflare-access.identity',
      kind: 'user',
      level: 'structural',
      when: {
        type: { is: 'app' },
        sub: 'present',
        email: 'present',
        identity_nonce: 'present',
        common_name: 'absent',
      },
    },
  ],
  advice: 'Use service tokens for machines, and an identity provider for people.',
}
