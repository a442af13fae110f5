import type { Profile } from '../profile.ts'

/** The authorization server of an Okta organization. Custom authorization servers have a path, such as `/oauth2/default`. */
export const OKTA_ORG_SERVER = /^https:\/\/[\w-]+\.okta(?:preview|-emea)?\.com\/?$/

/**
 * Custom authorization servers. The tokens of the org authorization server are only for the API of Okta. Tokens for AI
 * agents may have `client_id` instead of `cid`, and a string `scope` instead of the array `scp`.
 */
export const okta: Profile = {
  // Read in 2026-11: Okta developer documentation: OAuth claims, token exchange, service apps, AI agent
  // token exchange.
  clientIdClaims: ['cid', 'client_id'],
  scopeSources: [
    { claim: 'scope', format: 'string', when: { scp: 'absent' } },
    { claim: 'scp', format: 'array' },
  ],
  // The sub may be a login, which can change. Custom claims cannot have the names uid and cid.
  userIdClaim: 'uid',
  rules: [
    {
      id: 'okta.client_subject',
      kind: 'machine',
      level: 'structural',
      when: { sub: { isClientId: true }, uid: 'absent', auth_time: 'absent' },
    },
    {
      id: 'okta.agent',
      kind: 'machine',
      level: 'explicit',
      when: { sub_profile: { includesAny: ['service', 'ai_agent'] }, uid: 'absent' },
    },
    {
      id: 'okta.user_id',
      kind: 'user',
      level: 'structural',
      when: {
        uid: 'present',
        cid: 'present',
        sub: 'present',
        sub_profile: { ifPresent: { includesNone: ['service', 'ai_agent'] } },
      },
    },
  ],
  advice:
    'Use a custom authorization server. Its tokens have cid or client_id, and only tokens of users have uid.',
}
