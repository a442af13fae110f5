import type {
  AuthorizationServerOptions,
  ConfidentialClient,
  PublicClient,
  User,
} from '@bearward/example-authorization-server'

export const SCOPES = ['notes:read', 'notes:write', 'notes:admin']

/** The origin of a web app. Its pages may call the servers. */
export const APP_ORIGIN = 'https://app.example.com'

/** Client of a nightly job, which is a machine. */
export const CRON: ConfidentialClient = {
  kind: 'confidential',
  id: 'notes-cron',
  secret: 'for-demonstration-only',
}

/** Client of the app to which users sign in. */
export const APP: PublicClient = { kind: 'public', id: 'notes-app' }

export const ADA: User = { id: 'user-ada', name: 'Ada' }
export const GRACE: User = { id: 'user-grace', name: 'Grace' }

/** Returns the options of an authorization server for MCP servers with these addresses. */
export function toAuthorizationServer(addresses: readonly string[]): AuthorizationServerOptions {
  return {
    resources: addresses.map((identifier) => ({ identifier, scopes: SCOPES })),
    clients: [CRON, APP],
    users: [ADA, GRACE],
  }
}
