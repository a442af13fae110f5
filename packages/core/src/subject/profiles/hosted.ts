import type { Profile, Rule } from '../profile.ts'

const readOn = '2026-11'
const spaceSeparated = [{ claim: 'scope', format: 'string' }] as const

/** Services that write the kind of a subject into its id. */
function typedId(id: string, kind: 'machine' | 'user', pattern: RegExp): Rule {
  return { id, kind, level: 'structural', when: { sub: { matches: pattern } } }
}

/** User ids are made by the server, so none is ever a client id. */
export const logto: Profile = {
  source: 'Logto source and documentation',
  readOn,
  issuers: /^https:\/\/[\w-]+\.logto\.app\/oidc$/,
  clientId: ['client_id'],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'logto.client_subject',
      kind: 'machine',
      level: 'structural',
      when: { sub: { isClientId: true }, act: 'absent' },
    },
    {
      id: 'logto.other_subject',
      kind: 'user',
      level: 'structural',
      when: { sub: { isClientId: false } },
    },
  ],
  advice: 'Every token of Logto has a client_id: do not remove it.',
}

export const kinde: Profile = {
  source: 'Kinde documentation on access tokens',
  readOn,
  issuers: /^https:\/\/[\w-]+\.kinde\.com$/,
  clientId: ['azp'],
  scopes: [{ claim: 'scp', format: 'array' }],
  rules: [
    {
      id: 'kinde.client_credentials',
      kind: 'machine',
      level: 'explicit',
      when: { gty: { beginsWith: ['client_credentials'] }, sub: 'absent' },
    },
    {
      id: 'kinde.user_id',
      kind: 'user',
      level: 'structural',
      when: {
        sub: { matches: /^kp_/ },
        gty: { ifPresent: { namesNone: ['client_credentials'] } },
      },
    },
  ],
  advice: 'Name the machines in machineClients, by azp.',
}

export const stytch: Profile = {
  source: 'Source of the Node client of Stytch, and its documentation',
  readOn,
  clientId: ['client_id'],
  scopes: spaceSeparated,
  rules: [
    typedId('stytch.client_id', 'machine', /^m2m-client-(?:test|live)-/),
    typedId('stytch.user_id', 'user', /^(?:user|member)-(?:test|live)-/),
  ],
  advice: 'Only ids that Stytch has made tell: m2m-client-, user- and member-.',
}

/** In a session token, `azp` is the origin of a web page and not a client. */
export const clerk: Profile = {
  source: 'Source of the JavaScript SDKs of Clerk, and its documentation',
  readOn,
  clientId: ['client_id'],
  scopes: [
    { claim: 'scope', format: 'string', when: { scope: 'present' } },
    { claim: 'scopes', format: 'string' },
  ],
  rules: [
    typedId('clerk.machine_id', 'machine', /^mch_/),
    typedId('clerk.user_id', 'user', /^user_/),
  ],
  advice: 'Only ids that Clerk has made tell: mch_ and user_.',
}

export const frontegg: Profile = {
  source: 'Source of the Node SDK of Frontegg',
  readOn,
  clientId: [],
  scopes: spaceSeparated,
  tokenKind: { name: 'type' },
  rules: [
    {
      id: 'frontegg.tenant_token',
      kind: 'machine',
      level: 'explicit',
      when: { type: { is: ['tenantApiToken', 'tenantAccessToken'] } },
    },
    {
      id: 'frontegg.user_token',
      kind: 'user',
      level: 'explicit',
      when: { type: { is: 'userToken' } },
    },
    {
      id: 'frontegg.key_of_user',
      kind: 'user',
      level: 'explicit',
      when: { type: { is: ['userApiToken', 'userAccessToken'] } },
      // The sub is the id of the key.
      userId: 'userId',
    },
  ],
  advice: 'Keep the type that Frontegg writes into its tokens.',
}

/** Knows users only. */
export const supabase: Profile = {
  source: 'Supabase Auth source',
  readOn,
  issuers: /^https:\/\/[a-z0-9]+\.supabase\.co\/auth\/v1$/,
  clientId: ['client_id'],
  scopes: spaceSeparated,
  tokenKind: { name: 'session_id' },
  rules: [
    {
      id: 'supabase.session',
      kind: 'user',
      level: 'structural',
      when: { role: { is: 'authenticated' }, session_id: 'present', sub: 'present' },
    },
  ],
  advice: 'Supabase issues tokens to users only.',
}

/** The grant stands in the JOSE header, the original one first. */
export const fusionauth: Profile = {
  source: 'FusionAuth documentation on tokens',
  readOn,
  clientId: [],
  scopes: spaceSeparated,
  rules: [
    {
      id: 'fusionauth.client_credentials',
      kind: 'machine',
      level: 'explicit',
      form: 'jwt',
      header: { gty: { beginsWith: ['client_credentials'] } },
      when: { applicationId: 'absent', authenticationType: 'absent' },
    },
    {
      id: 'fusionauth.user_grant',
      kind: 'user',
      level: 'explicit',
      form: 'jwt',
      header: {
        gty: {
          beginsWith: [
            'authorization_code',
            'implicit',
            'password',
            'urn:ietf:params:oauth:grant-type:device_code',
          ],
        },
      },
      when: { applicationId: 'present' },
    },
  ],
  advice: 'Keep the header parameter gty that FusionAuth writes.',
}
