/** Types of `@bearward/mcp/express`. See `core.test-d.ts`. */
import { createBearward } from '@bearward/express'
import { createMcpGuard, getAccessToken, type AuthInfo, type McpGuard } from '@bearward/mcp/express'
import express, { type Request, type RequestHandler } from 'express'

const bearward = createBearward({
  issuer: 'https://as.example.com',
  resource: 'https://notes.example.com/mcp',
})

export const guards: readonly McpGuard[] = [
  createMcpGuard(bearward, { scope: 'notes:read' }),
  createMcpGuard(bearward, { check: (_token, request) => request.path === '/mcp' }),
  createMcpGuard(bearward, {
    tools: {
      mine: { check: (token, request) => request.params['id'] === token.subject.id },
      secure: { check: async (_token, request: Request) => request.secure },
    },
  }),
]

const mcp = createMcpGuard(bearward, {})
export const handler: RequestHandler = mcp.guard

express().all('/mcp', mcp.guard, (request, response) => {
  const { auth } = request as Request & { auth?: AuthInfo }
  const issuer = auth === undefined ? 'anonymous' : getAccessToken(auth).issuer
  response.json([issuer, request.body, mcp.may(auth, 'tool', 'mine')])
})

export function guardsThatMustNotCompile(): void {
  // @ts-expect-error: the request is that of Express
  createMcpGuard(bearward, { check: (_token, request) => request.query('a') === '' })
  // @ts-expect-error: the guard itself is not a middleware
  express().use(mcp)
}
