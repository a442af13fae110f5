import type { Profile } from '../profile.ts'

const ID = { machine: /^mch_/, user: /^user_/ }

/**
 * A machine chooses the claims of its tokens, except the registered claims of RFC 7519 such as `sub`. So the client, the
 * scopes and the actor are not read from them. In a session token, `azp` is the origin of a web page and not a client.
 */
export const clerk: Profile = {
  // Read in 2026-11: Source of the JavaScript SDKs of Clerk, and its documentation.
  clientIdClaims: [
    { claim: 'sub', when: { sub: { matches: ID.machine } } },
    { claim: 'client_id', when: { sub: { matches: ID.user } } },
  ],
  actWhen: { sub: { matches: ID.user } },
  scopeSources: [{ claim: 'scope', format: 'string', when: { sub: { matches: ID.user } } }],
  rules: [
    {
      id: 'clerk.machine_id',
      kind: 'machine',
      level: 'structural',
      when: { sub: { matches: ID.machine } },
    },
    {
      id: 'clerk.user_id',
      kind: 'user',
      level: 'structural',
      when: { sub: { matches: ID.user } },
    },
  ],
  advice:
    'The sub must have an id that Clerk created: mch_ or user_. Name machines by their id in clients.',
}
