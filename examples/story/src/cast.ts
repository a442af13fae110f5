import type {
  AuthorizationServerOptions,
  ConfidentialClient,
  PublicClient,
  User,
} from '@bearward/example-authorization-server'

/** The identifier of the reports API: the audience that it asks its tokens for. */
export const REPORTS_API = 'https://reports.example.com'

/** Another API that trusts the same authorization server. */
export const INVOICES_API = 'https://invoices.example.com'

/** The scopes of a reader, and of an administrator who reads too. */
export const READ = 'read:reports'
export const READ_AND_ADMIN = 'read:reports admin:reports'

/** Where old reports lie, behind the same API. Its tokens are opaque: they say nothing by themselves. */
export const ARCHIVE = 'https://archive.reports.example.com'

/** The reports API as a client of the authorization server, which it asks about opaque tokens. */
export const REPORTS_API_CLIENT: ConfidentialClient = {
  kind: 'confidential',
  id: 'reports-api',
  secret: 'for-demonstration-only',
}

/** The nightly job, a machine. */
export const CRON: ConfidentialClient = {
  kind: 'confidential',
  id: 'reports-cron',
  secret: 'for-demonstration-only',
}

/** A machine whose tokens live for one second. */
export const PROBE: ConfidentialClient = {
  kind: 'confidential',
  id: 'reports-probe',
  secret: 'for-demonstration-only',
  lifetime: 1,
}

/** The app in which people read their reports. */
export const WEB_APP: PublicClient = { kind: 'public', id: 'reports-web' }

/** An agent, which works for people who have signed in to it. */
export const AGENT: PublicClient = { kind: 'public', id: 'reports-agent', agent: true }

/** A person. No client has an id that begins like hers. */
export const ADA: User = { id: 'user-ada', name: 'Ada' }

/** A person who has signed up under the name of the web app, to be taken for it. */
export const MALLORY: User = { id: WEB_APP.id, name: 'Mallory' }

/** What the authorization server knows of them all. */
export const AUTHORIZATION_SERVER: AuthorizationServerOptions = {
  resources: [
    { identifier: REPORTS_API, scopes: ['read:reports', 'admin:reports'] },
    { identifier: ARCHIVE, scopes: ['read:archive'], format: 'opaque' },
    { identifier: INVOICES_API, scopes: ['read:reports'] },
  ],
  clients: [CRON, PROBE, WEB_APP, AGENT, REPORTS_API_CLIENT],
  users: [ADA, MALLORY],
}
