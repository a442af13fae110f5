import type {
  AuthorizationServerOptions,
  ConfidentialClient,
  PublicClient,
  User,
} from '@bearward/example-authorization-server'

/** Identifier of the reports API: the audience of its tokens. */
export const REPORTS_API = 'https://reports.example.com'

/** Identifier of another API that uses the same authorization server. */
export const INVOICES_API = 'https://invoices.example.com'

/** Identifier of the archive, a part of the reports API. Its tokens are opaque. */
export const ARCHIVE = 'https://archive.reports.example.com'

/** Scope of a reader. */
export const READ = 'read:reports'

/** Scopes of an administrator. */
export const READ_AND_ADMIN = 'read:reports admin:reports'

/** Scope of the archive. */
export const READ_ARCHIVE = 'read:archive'

/** Client of the reports API, for introspection requests. */
export const REPORTS_API_CLIENT: ConfidentialClient = {
  kind: 'confidential',
  id: 'reports-api',
  secret: 'for-demonstration-only',
}

/** Client of a nightly job, which is a machine. */
export const CRON: ConfidentialClient = {
  kind: 'confidential',
  id: 'reports-cron',
  secret: 'for-demonstration-only',
}

/** Client of a machine whose tokens expire after one second. */
export const PROBE: ConfidentialClient = {
  kind: 'confidential',
  id: 'reports-probe',
  secret: 'for-demonstration-only',
  lifetime: 1,
}

/** Client of the web app to which users sign in. */
export const WEB_APP: PublicClient = { kind: 'public', id: 'reports-web' }

/** Client of an agent, which acts for users who sign in to it. */
export const AGENT: PublicClient = { kind: 'public', id: 'reports-agent', agent: true }

/** User who owns reports. */
export const ADA: User = { id: 'user-ada', name: 'Ada' }

/** User whose account id equals the client id of the web app. */
export const MALLORY: User = { id: WEB_APP.id, name: 'Mallory' }

/** Options of the authorization server with these APIs, clients and users. */
export const AUTHORIZATION_SERVER: AuthorizationServerOptions = {
  resources: [
    { identifier: REPORTS_API, scopes: ['read:reports', 'admin:reports'] },
    { identifier: ARCHIVE, scopes: [READ_ARCHIVE], format: 'opaque' },
    { identifier: INVOICES_API, scopes: ['read:reports'] },
  ],
  clients: [CRON, PROBE, WEB_APP, AGENT, REPORTS_API_CLIENT],
  users: [ADA, MALLORY],
}
