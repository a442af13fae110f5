import type { CorsOptions, DpopOptions, MetadataOptions } from '@bearward/core'
import { createMcpGuard, type McpGuardOptions } from '@bearward/mcp/express'
import type { Request } from 'express'
import {
  ADD_NOTE,
  type GuardedRequest,
  LIST_NOTES,
  type SdkVersion,
  SERVERS,
} from './mcp-servers.ts'
import { startNotesApi } from './notes-api.ts'
import type { NotesAuthorizationServer } from './notes-authorization-server.ts'

export { ADD_NOTE, LIST_NOTES, type SdkVersion } from './mcp-servers.ts'

/** Options of an MCP server of a test. */
export interface McpApiOptions {
  /** @default 2 */
  readonly sdk?: SdkVersion
  readonly metadata?: MetadataOptions
  /** Options of `cors()`, which then runs before the guard. */
  readonly cors?: CorsOptions
  readonly dpop?: DpopOptions
  /** More options of the guard. */
  readonly guard?: McpGuardOptions<Request>
}

/**
 * Starts an MCP server with two tools. All messages require `notes:read`. The tool `ADD_NOTE` also requires `notes:write`. The
 * server accepts clients of version 1 and 2 of the SDK.
 */
export function startMcpApi(
  authorizationServer: NotesAuthorizationServer,
  path = '/mcp',
  { sdk = 2, metadata = {}, cors, dpop, guard }: McpApiOptions = {},
) {
  return startNotesApi(
    authorizationServer,
    path,
    (app, bearward) => {
      if (cors !== undefined) app.use(bearward.cors(cors))
      const mcp = createMcpGuard(bearward, {
        scope: 'notes:read',
        tools: { [LIST_NOTES]: {}, [ADD_NOTE]: { scope: 'notes:write' } },
        ...guard,
      })
      const route = path === '' ? '/' : path
      app.use(route, mcp.guard)
      // The servers send no messages without a request.
      app.get(route, (_request, response) => void response.status(405).end())
      app.use(route, (request, response, next) => {
        // `@bearward/express/req-auth` declares another type. The guard sets `request.auth` to an `AuthInfo`.
        const guarded: unknown = request
        SERVERS[sdk](guarded as GuardedRequest, response).catch(next)
      })
    },
    { metadata, dpop },
  )
}
