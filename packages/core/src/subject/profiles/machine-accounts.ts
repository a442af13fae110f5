import type { Profile } from '../profile.ts'

/** Servers where a machine has an account just as a user has, with a `sub` and a name. */
const readOn = '2026-11'
const spaceSeparated = [{ claim: 'scope', format: 'string' }] as const

/** Service accounts are users; only an introspection response tells a person. */
export const zitadel: Profile = {
  source: 'Zitadel source: the OpenID Connect API',
  readOn,
  issuers: /^https:\/\/[\w-]+(?:\.[a-z0-9]+)?\.zitadel\.cloud$/,
  clientId: ['client_id'],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'zitadel.person',
      kind: 'user',
      level: 'structural',
      form: 'introspection',
      when: {
        given_name: 'present',
        family_name: 'present',
        username: { ifPresent: { isClientId: false } },
      },
    },
    {
      id: 'zitadel.service_user',
      kind: 'machine',
      level: 'convention',
      form: 'introspection',
      when: {
        username: { isClientId: true },
        given_name: 'absent',
        family_name: 'absent',
        email: 'absent',
      },
    },
  ],
  advice: 'Its JWTs do not say it: name the machines in machineClients.',
}

/** The client credentials grant can be used with the name and password of a person. */
export const authentik: Profile = {
  source: 'authentik source: id_token, token and introspection views of the OAuth 2.0 provider',
  readOn,
  clientId: ['azp', 'client_id'],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'authentik.session',
      kind: 'user',
      level: 'structural',
      when: {
        sid: 'present',
        amr: 'present',
        preferred_username: { ifPresent: { matchesNot: /^ak-.*-client_credentials$/ } },
      },
    },
    {
      id: 'authentik.generated_name',
      kind: 'machine',
      level: 'convention',
      when: {
        preferred_username: { matches: /^ak-.+-client_credentials$/ },
        sid: 'absent',
        amr: 'absent',
      },
    },
  ],
  advice: 'Name the machines in machineClients, by azp.',
}

/** Clients have an entry of their own, with a UUID and a name, just as people do. */
export const kanidm: Profile = {
  source: 'Kanidm source: introspection',
  readOn,
  clientId: ['client_id'],
  scopes: [{ claim: 'scope', format: 'array' }],
  rules: [],
  advice: 'Its introspection responses do not say it: name the machines in machineClients.',
}
