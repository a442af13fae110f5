import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** The server creates the ids of users, so a user id is never a client id. */
export const logto: Profile = {
  // Read in 2026-11: Logto source and documentation.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'logto.client_subject',
      kind: 'machine',
      level: 'structural',
      when: { sub: { isClientId: true }, act: 'absent' },
    },
    {
      id: 'logto.other_subject',
      kind: 'user',
      level: 'structural',
      when: { sub: { differsFromClientId: true } },
    },
  ],
  advice: 'Keep the claim client_id, which Logto writes into each token.',
}
