import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** There is never a `sub`, for anybody. */
export const doorkeeper: Profile = {
  source: 'Doorkeeper source: introspection',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  advice: 'Its introspection responses do not say it: name the machines in machineClients.',
}
