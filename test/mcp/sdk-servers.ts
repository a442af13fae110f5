import type { McpCall } from '@bearward/mcp'
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { createMcpHandler, McpServer as McpServer2 } from '@modelcontextprotocol/server'
import { RULES } from './fixture.ts'

/** An operation that a server of an SDK has executed. */
export interface Executed {
  readonly kind: 'tool' | 'prompt' | 'resource'
  /** The name under which the server has registered the operation. */
  readonly name: string
}

type Record = (executed: Executed) => void

/** Handles a request with a server of an SDK. */
export type ServeSdk = (request: Request, call: McpCall) => Promise<Response>

/** The names in the rules, and one other name of each kind. The SDKs warn about some names of tools, so these are left out. */
const TOOLS = [...Object.keys(RULES.tools).filter((name) => /^[\w.-]+$/.test(name)), 'other']
const PROMPTS = [...Object.keys(RULES.prompts), 'other']
const RESOURCES = [...Object.keys(RULES.resources), 'notes://other']

/** Registers operations that record their execution. Both versions have the same functions for this. */
function register(server: McpServer2, record: Record): void {
  for (const name of TOOLS) {
    server.registerTool(name, { description: name }, () => {
      record({ kind: 'tool', name })
      return { content: [] }
    })
  }
  for (const name of PROMPTS) {
    server.registerPrompt(name, { description: name }, () => {
      record({ kind: 'prompt', name })
      return { messages: [] }
    })
  }
  for (const name of RESOURCES) {
    server.registerResource(name, name, {}, () => {
      record({ kind: 'resource', name })
      return { contents: [] }
    })
  }
}

/** Creates a server of version 2, which accepts requests of all versions. */
export function serveVersion2(record: Record): ServeSdk {
  const handler = createMcpHandler(() => {
    const server = new McpServer2({ name: 'notes', version: '1.0.0' })
    register(server, record)
    return server
  })
  return (request, call) => handler.fetch(request, call)
}

/** Creates a server of version 1, without sessions. */
export function serveVersion1(record: Record): ServeSdk {
  return async (request, { authInfo, parsedBody }) => {
    const server = new McpServer1({ name: 'notes', version: '1.0.0' })
    register(server as unknown as McpServer2, record)
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
    await server.connect(transport)
    return transport.handleRequest(request, {
      ...(authInfo && { authInfo }),
      ...(parsedBody !== undefined && { parsedBody }),
    })
  }
}
