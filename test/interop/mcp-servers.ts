import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AuthInfo, getAccessToken } from '@bearward/mcp/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer as McpServer2 } from '@modelcontextprotocol/server'

export const LIST_NOTES = 'list_notes'
export const ADD_NOTE = 'add_note'

/** The major versions of the SDK. */
export type SdkVersion = 1 | 2

/** A request behind the guard. */
export type GuardedRequest = IncomingMessage & {
  method: string
  url: string
  auth?: AuthInfo
  body: unknown
}

type Serve = (request: GuardedRequest, response: ServerResponse) => Promise<void>

/** Servers with two tools, without sessions. Both accept clients of version 1 and 2. */
export const SERVERS: Readonly<Record<SdkVersion, Serve>> = { 1: serveVersion1, 2: serveVersion2() }

async function serveVersion1(request: GuardedRequest, response: ServerResponse): Promise<void> {
  const server = new McpServer1({ name: 'notes', version: '1.0.0' })
  server.registerTool(LIST_NOTES, { description: 'Lists the notes.' }, ({ authInfo }) =>
    answer('the notes', authInfo),
  )
  server.registerTool(ADD_NOTE, { description: 'Adds a note.' }, ({ authInfo }) =>
    answer('a new note', authInfo),
  )
  const transport = new StreamableHTTPServerTransport({})
  await server.connect(transport)
  await transport.handleRequest(request, response, request.body)
}

function serveVersion2(): Serve {
  const handler = createMcpHandler(({ authInfo }) => {
    const server = new McpServer2({ name: 'notes', version: '1.0.0' })
    server.registerTool(LIST_NOTES, { description: 'Lists the notes.' }, () =>
      answer('the notes', authInfo),
    )
    server.registerTool(ADD_NOTE, { description: 'Adds a note.' }, () =>
      answer('a new note', authInfo),
    )
    return server
  })
  const handle = toNodeHandler(handler)
  return (request, response) => handle(request, response, request.body)
}

function answer(text: string, authInfo: object | undefined) {
  const { subject } = getAccessToken(authInfo)
  return { content: [{ type: 'text' as const, text: `${text} of ${subject.id}` }] }
}
