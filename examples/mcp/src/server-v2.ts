import { createBearward, subjectKey } from '@bearward/express'
import { createMcpGuard, getAccessToken } from '@bearward/mcp/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import express from 'express'
import type { Express } from 'express'
import { APP_ORIGIN, CRON, SCOPES } from './clients.ts'
import { createTools } from './tools.ts'

/** Creates an MCP server with version 2 of the SDK. `resource` is its address, which ends with `/mcp`. */
export function createVersion2(issuer: string, resource: string): Express {
  const bearward = createBearward({
    issuer,
    resource,
    metadata: {},
    scopes: { supported: SCOPES },
    // The tokens of this provider identify users, but not machines. The list names the machines.
    provider: 'node-oidc-provider',
    machineClients: [CRON.id],
  })
  const mcp = createMcpGuard(bearward, {
    scope: 'notes:read',
    // A subject of an unknown kind has no `subjectKey`.
    check: ({ subject }) => subject.kind !== 'unknown',
    tools: {
      search_notes: {},
      add_note: { scope: 'notes:write' },
      purge_notes: { scope: 'notes:admin', subject: 'user' },
    },
    origins: [APP_ORIGIN],
    cors: true,
  })
  const tools = createTools()

  // The SDK calls this function for each request. So the list contains only the tools that this caller may use.
  const handler = createMcpHandler(({ authInfo }) => {
    const owner = subjectKey(getAccessToken(authInfo))
    const server = new McpServer({ name: 'notes', version: '2.0.0' })
    for (const { name, description, inputSchema, run } of tools) {
      if (!mcp.may(authInfo, 'tool', name)) continue
      const config = { description, inputSchema: fromJsonSchema<{ text?: string }>(inputSchema) }
      server.registerTool(name, config, (input) => ({
        content: [{ type: 'text', text: run(owner, input) }],
      }))
    }
    return server
  })
  const handle = toNodeHandler(handler)

  const app = express()
  app.use(bearward.metadata())
  app.all('/mcp', mcp.guard, (request, response, next) => {
    // `request.body` is the message that the guard has checked, so the SDK executes exactly this message.
    handle(request, response, request.body).catch(next)
  })
  return app
}
