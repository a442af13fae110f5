import type { Profile } from '../profile.ts'

const CLIENT_CREDENTIALS = 'client_credentials'
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const OF_CLIENT = /^\(age!/
const OF_USER = /^\(usr!/

/**
 * PingAM and ForgeRock AM. A JWT contains its grant. If `subname` differs from `sub`, the `sub` contains its type:
 * `(usr!...)` or `(age!...)`. Otherwise the `sub` is only a name, and a user can have the name `(age!...)`.
 */
export const pingam: Profile = {
  // Read in 2026-11: Ping Identity documentation: subject claims, introspection, client-side access tokens
  // of PingAM and Advanced Identity Cloud.
  clientIdClaims: ['client_id'],
  scopeSources: [
    { claim: 'scope', format: 'array', form: 'jwt' },
    { claim: 'scope', format: 'string', form: 'introspection' },
  ],
  // In ID tokens and refresh tokens, this claim has another value.
  tokenUse: { claim: 'tokenName', value: 'access_token' },
  rules: [
    {
      id: 'pingam.client_credentials',
      kind: 'machine',
      level: 'explicit',
      form: 'jwt',
      when: {
        grant_type: { is: CLIENT_CREDENTIALS },
        sub: { matchesNot: OF_USER },
        act: 'absent',
      },
    },
    {
      id: 'pingam.client_subject',
      kind: 'machine',
      level: 'explicit',
      when: {
        sub: { isClientId: { prefix: '(age!', suffix: ')' } },
        subname: { isClientId: true },
        grant_type: { ifPresent: { is: CLIENT_CREDENTIALS } },
        act: 'absent',
      },
    },
    {
      id: 'pingam.user_grant',
      kind: 'user',
      level: 'explicit',
      form: 'jwt',
      when: {
        grant_type: { is: ['authorization_code', 'password', DEVICE_CODE] },
        sub: { matchesNot: OF_CLIENT },
      },
    },
    {
      id: 'pingam.user_subject',
      kind: 'user',
      level: 'explicit',
      when: {
        sub: { matches: OF_USER },
        subname: { isNot: '', differsFrom: 'sub' },
        grant_type: {
          ifPresent: { is: ['authorization_code', 'password', DEVICE_CODE, 'refresh_token'] },
        },
      },
    },
  ],
  advice:
    'Use client-side access tokens, which contain their grant, or name the machines in machineClients.',
}
