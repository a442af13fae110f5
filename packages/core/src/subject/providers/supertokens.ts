import type { Profile } from '../profile.ts'

/** OAuth 2 access tokens. Session tokens and ID tokens are signed with the same keys, but they do not name a client. */
export const supertokens: Profile = {
  // Read in 2026-11: SuperTokens core source: OAuthToken, Transformations; its documentation on verification.
  clientIdClaims: ['client_id'],
  scopeSources: [
    { claim: 'scp', format: 'array', form: 'jwt' },
    { claim: 'scope', format: 'string', form: 'introspection' },
  ],
  tokenUse: { claim: 'client_id' },
  rules: [
    {
      id: 'supertokens.client_subject',
      kind: 'machine',
      level: 'structural',
      form: 'jwt',
      when: { sub: { isClientId: true }, sessionHandle: 'absent', rsub: 'absent' },
    },
    {
      id: 'supertokens.session',
      kind: 'user',
      level: 'structural',
      form: 'jwt',
      when: { sessionHandle: 'present', rsub: 'present', sub: 'present' },
    },
  ],
  advice: 'Keep sessionHandle and rsub as SuperTokens writes them.',
}
