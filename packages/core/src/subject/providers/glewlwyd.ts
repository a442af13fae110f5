import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

export const glewlwyd: Profile = {
  // Read in 2026-11: glewlwyd source: the OpenID Connect plugin.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'glewlwyd.client_subject',
      kind: 'machine',
      level: 'structural',
      form: 'jwt',
      when: { type: { is: 'access_token' }, sub: { isClientId: true }, act: 'absent' },
    },
    {
      id: 'glewlwyd.user_id',
      kind: 'user',
      level: 'structural',
      form: 'jwt',
      when: { sub: { differsFromClientId: true }, type: { is: 'access_token' } },
    },
    {
      id: 'glewlwyd.username',
      kind: 'user',
      level: 'structural',
      form: 'introspection',
      when: { username: 'present', sub: 'present' },
    },
    {
      id: 'glewlwyd.no_username',
      kind: 'machine',
      level: 'convention',
      form: 'introspection',
      when: { username: 'absent', sub: 'absent', client_id: 'present' },
    },
  ],
  advice: 'Name the machines in machineClients.',
}
