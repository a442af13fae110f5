/** Types of `@bearward/mcp/fastify`. See `core.test-d.ts`. */
import { createBearward } from '@bearward/fastify'
import { createMcpGuard, getAccessToken, type AuthInfo, type McpGuard } from '@bearward/mcp/fastify'
import fastify, { type FastifyRequest } from 'fastify'

const bearward = createBearward({
  issuer: 'https://as.example.com',
  resource: 'https://notes.example.com/mcp',
})

export const guards: readonly McpGuard[] = [
  createMcpGuard(bearward, { scope: 'notes:read' }),
  createMcpGuard(bearward, { check: (_token, request) => request.ip === '127.0.0.1' }),
  createMcpGuard(bearward, {
    tools: {
      mine: { check: (token, request) => request.hostname === token.subject.id },
      secure: { check: async (_token, request: FastifyRequest) => request.protocol === 'https' },
    },
  }),
]

const mcp = createMcpGuard(bearward, {})

fastify().route({
  method: ['GET', 'POST', 'DELETE'],
  url: '/mcp',
  ...mcp.route,
  handler: async (request) => {
    const { auth } = request.raw as { auth?: AuthInfo }
    return [auth && getAccessToken(auth).issuer, request.body, mcp.may(auth, 'tool', 'mine')]
  },
})

export function guardsThatMustNotCompile(): void {
  // @ts-expect-error: the request is that of Fastify
  createMcpGuard(bearward, { check: (_token, request) => request.secure })
  // @ts-expect-error: the hooks are options of a route, not a plugin
  fastify().register(mcp.route)
}
