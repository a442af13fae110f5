import { randomUUID } from 'node:crypto'
import { auth, createBearward, subjectKey } from '@bearward/express'
import { createMcpGuard, getAccessToken } from '@bearward/mcp/express'
// oxlint-disable-next-line typescript/no-deprecated -- McpServer cannot filter its list of tools for each request
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import express from 'express'
import type { Express } from 'express'
import { APP_ORIGIN, CRON, SCOPES } from './clients.ts'
import { createTools } from './tools.ts'

/** A session of the protocol, and the subject that began it. */
interface Session {
  readonly owner: string
  readonly transport: StreamableHTTPServerTransport
}

/** Creates an MCP server with version 1 of the SDK. It has sessions. `resource` is its address, which ends with `/mcp`. */
export function createVersion1(issuer: string, resource: string): Express {
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
  const sessions = new Map<string, Session>()

  const app = express()
  app.use(bearward.metadata())
  app.all('/mcp', mcp.guard, (request, response, next) => {
    const owner = subjectKey(auth(request))
    const id = request.get('mcp-session-id')
    const session = id === undefined ? undefined : sessions.get(id)
    // A session id is not a credential. The session of another subject does not exist for this caller.
    if (id !== undefined && session?.owner !== owner) {
      const error = { code: -32001, message: 'Session not found' }
      response.status(404).json({ jsonrpc: '2.0', id: null, error })
      return
    }
    // `request.body` is the message that the guard has checked, so the SDK executes exactly this message.
    begin(owner, session)
      .then((transport) => transport.handleRequest(request, response, request.body))
      .catch(next)
  })
  return app

  /**
   * Returns the transport of the given session or of a new session. A new session is stored when the SDK has accepted its first
   * message.
   */
  async function begin(owner: string, session: Session | undefined) {
    if (session !== undefined) return session.transport
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, { owner, transport }),
      onsessionclosed: (id) => void sessions.delete(id),
    })
    await createServer().connect(transport)
    return transport
  }

  function createServer() {
    const server = new Server({ name: 'notes', version: '1.0.0' }, { capabilities: { tools: {} } })
    // `authInfo` has the token of the request, not of the session: a session continues with a new token.
    server.setRequestHandler(ListToolsRequestSchema, (_request, { authInfo }) => ({
      tools: tools.filter(({ name }) => mcp.may(authInfo, 'tool', name)),
    }))
    server.setRequestHandler(CallToolRequestSchema, ({ params }, { authInfo }) => {
      const tool = tools.find(({ name }) => name === params.name)
      if (tool === undefined) throw new Error('This tool does not exist.')
      const text = tool.run(subjectKey(getAccessToken(authInfo)), params.arguments ?? {})
      return { content: [{ type: 'text', text }] }
    })
    return server
  }
}
