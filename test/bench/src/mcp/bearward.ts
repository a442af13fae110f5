import { type Bearward, createBearward } from '@bearward/fetch'
import { createMcpGuard } from '@bearward/mcp'
import { AUDIENCE, ISSUER } from '../claims.ts'
import { FLOOR } from './cases.ts'
import type { McpContestant, McpServerOptions } from './contestant.ts'

/** Checks the scope of each tool that the body calls. The guard has the default limit for bodies, which is 1 MiB. */
export const mcpGuard: McpContestant = (server, execute) =>
  createMcpGuard(create(server), { scope: FLOOR, tools: server.tools, origins: [] }).protect(
    (_request, { parsedBody }) => execute(parsedBody),
  )

/** Checks the token and one scope, and parses the body. Does not check which tools the body calls. */
export const tokenGuard: McpContestant = (server, execute) =>
  create(server).protect({ scope: FLOOR }, async (request) =>
    execute(JSON.parse(await request.text())),
  )

function create({ issuerKey }: McpServerOptions): Bearward {
  const jwks = { keys: [issuerKey] }
  return createBearward({ issuer: ISSUER, audience: AUDIENCE, jwks, algorithms: ['ES256'] })
}
