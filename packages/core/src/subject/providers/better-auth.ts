import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/**
 * The OAuth provider plugin. The claims that an operator adds cannot replace `sub`, `sid` and the client id. Introspection
 * of an opaque token has no `sub` for a client, and none for a user who was deleted, so it does not tell a machine.
 */
export const betterAuth: Profile = {
  source: 'Better Auth source: OAuth provider plugin, access tokens and introspection',
  readOn: '2026-11',
  addressPattern: /^https?:\/\/[^/?#]+\/api\/auth\/(?:jwks|oauth2\/introspect)$/,
  clientIdClaims: ['client_id', 'azp'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'better-auth.client_subject',
      kind: 'machine',
      level: 'structural',
      when: { sub: { isClientId: true }, sid: 'absent', act: 'absent' },
    },
    {
      id: 'better-auth.session',
      kind: 'user',
      level: 'structural',
      when: { sid: 'present', azp: 'present', sub: 'present' },
    },
  ],
  advice:
    'A token without a session does not say whose it is: use JWT access tokens, or name the machines in machineClients.',
}
