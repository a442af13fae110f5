import type { Profile } from '../profile.ts'

const readOn = '2026-11'
const spaceSeparated = [{ claim: 'scope', format: 'string' }] as const

/** Matrix Authentication Service. */
export const mas: Profile = {
  source: 'Matrix Authentication Service source: introspection',
  readOn,
  clientId: ['client_id'],
  scopes: spaceSeparated,
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

/** There is never a `sub`, only the name of the user. */
export const djangoOauthToolkit: Profile = {
  source: 'Django OAuth Toolkit source: introspection',
  readOn,
  clientId: ['client_id'],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'django-oauth-toolkit.username',
      kind: 'user',
      level: 'structural',
      form: 'introspection',
      when: { username: 'present' },
      userId: 'username',
    },
    {
      id: 'django-oauth-toolkit.no_username',
      kind: 'machine',
      level: 'convention',
      form: 'introspection',
      when: { username: 'absent', client_id: 'present' },
    },
  ],
  advice: 'Name the machines in machineClients.',
}

/** There is never a `sub`, for anybody. */
export const doorkeeper: Profile = {
  source: 'Doorkeeper source: introspection',
  readOn,
  clientId: ['client_id'],
  scopes: spaceSeparated,
  rules: [],
  advice: 'Its introspection responses do not say it: name the machines in machineClients.',
}
