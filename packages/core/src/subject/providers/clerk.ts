import type { Profile } from '../profile.ts'

const MACHINE_ID = /^mch_/
const USER_ID = /^user_/

/**
 * A machine chooses the claims of its tokens, except the registered claims of RFC 7519 such as `sub`. So in the token of a machine,
 * the client id is the `sub`, and scopes and an actor are not read. In a session token, `azp` is the origin of a web page and not
 * a client.
 */
export const clerk: Profile = {
  // Read in 2026-11: Source of the JavaScript SDKs of Clerk, and its documentation.
  clientIdClaims: [
    { claim: 'sub', when: { sub: { matches: MACHINE_ID } } },
    { claim: 'client_id', when: { sub: { matches: USER_ID } } },
  ],
  actWhen: { sub: { matches: USER_ID } },
  scopeSources: [{ claim: 'scope', format: 'string', when: { sub: { matches: USER_ID } } }],
  rules: [
    {
      id: 'clerk.machine_id',
      kind: 'machine',
      level: 'structural',
      when: { sub: { matches: MACHINE_ID } },
    },
    {
      id: 'clerk.user_id',
      kind: 'user',
      level: 'structural',
      when: { sub: { matches: USER_ID } },
    },
  ],
  advice:
    'The sub must be an id that Clerk created, with the prefix mch_ or user_. List the ids of machines in the requirement clients.',
}
