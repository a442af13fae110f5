import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

const MACHINE_ID = /^m2m-client-(?:test|live)-/
const USER_ID = /^(?:user|member)-(?:test|live)-/

/** The `sub` of a machine is its client id. All other claims can come from a template of the tenant. */
export const stytch: Profile = {
  // Read in 2026-11: Source of the Node client of Stytch, and its documentation.
  clientIdClaims: [
    { claim: 'sub', when: { sub: { matches: MACHINE_ID } } },
    { claim: 'client_id', when: { sub: { matches: USER_ID } } },
  ],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'stytch.client_id',
      kind: 'machine',
      level: 'structural',
      when: { sub: { matches: MACHINE_ID } },
    },
    {
      id: 'stytch.user_id',
      kind: 'user',
      level: 'structural',
      when: { sub: { matches: USER_ID } },
    },
  ],
  advice:
    'The sub must be an id that Stytch created, with the prefix m2m-client-, user- or member-.',
}
