import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/**
 * The OAuth provider plugin. Claims that an operator adds cannot replace `sub`, `sid` and the client id. Introspection
 * of an opaque token returns no `sub` for a client, and no `sub` for a deleted user. So a missing `sub` does not show a machine.
 */
export const betterAuth: Profile = {
  // Read in 2026-11: Better Auth source: OAuth provider plugin, access tokens and introspection.
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
  advice: 'Use JWT access tokens, which show machines, or name the machines in machineClients.',
}
