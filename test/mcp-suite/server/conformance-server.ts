import { createServer } from 'node:http'
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import express, { type RequestHandler } from 'express'
import type { GuardedRequest } from '../../interop/mcp-servers.ts'
import { listen } from '../../support/servers.ts'
import { addPrompts, addResources } from './resources-and-prompts.ts'
import { addTools } from './tools.ts'
import { addToolsWithInput, STATES } from './tools-with-input.ts'

/** The path of the server. */
export const PATH = '/mcp'

/**
 * Starts the server that the conformance suite calls. The suite prescribes the names of the tools, prompts and resources.
 * `createGuard` receives the address of the server, and returns the middleware in front of the server. Without a middleware, the
 * SDK reads the body.
 */
export async function startConformanceServer(
  createGuard: (address: string) => readonly RequestHandler[] = () => [],
) {
  const mcp = createMcpHandler(() => {
    const server = new McpServer(
      { name: 'conformance', version: '1.0.0' },
      {
        capabilities: {
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: { listChanged: true },
          logging: {},
          completions: {},
        },
        requestState: { verify: STATES.verify },
      },
    )
    addTools(server, () => mcp.notify)
    addToolsWithInput(server)
    addResources(server)
    addPrompts(server)
    return server
  })
  const handle = toNodeHandler(mcp)
  const isLocalHost = localhostHostValidation()
  const isLocalOrigin = localhostOriginValidation()

  const app = express()
  const { url, close } = await listen(createServer(app))
  const address = url + PATH
  app.all(PATH, (request, response, next) => {
    // Both functions respond with 403 if they return `false`.
    if (isLocalHost(request, response) && isLocalOrigin(request, response)) next()
  })
  app.all(PATH, ...createGuard(address), (request, response, next) => {
    // `@bearward/express/req-auth` declares another type. The guard sets `request.auth` to an `AuthInfo`.
    const guarded: unknown = request
    handle(guarded as GuardedRequest, response, request.body).catch(next)
  })
  return {
    address,
    async close() {
      await mcp.close()
      await close()
    },
  }
}
