import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** Introspection responses of Matrix Authentication Service. */
export const mas: Profile = {
  // Read in 2026-11: Matrix Authentication Service source: introspection.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'mas.no_subject',
      kind: 'machine',
      level: 'structural',
      form: 'introspection',
      when: { sub: 'absent', username: 'absent', client_id: 'present' },
    },
    {
      id: 'mas.username',
      kind: 'user',
      level: 'structural',
      form: 'introspection',
      when: { sub: 'present', username: 'present' },
    },
  ],
  advice: 'Name the machines in machineClients.',
}
