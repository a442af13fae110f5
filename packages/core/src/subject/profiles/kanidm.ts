import type { Profile } from '../profile.ts'

/** Clients have an entry of their own, with a UUID and a name, just as people do. */
export const kanidm: Profile = {
  source: 'Kanidm source: introspection',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: [{ claim: 'scope', format: 'array' }],
  rules: [],
  advice: 'Its introspection responses do not say it: name the machines in machineClients.',
}
