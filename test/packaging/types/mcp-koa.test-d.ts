/** Types of `@bearward/mcp/koa`. See `core.test-d.ts`. */
import { createBearward } from '@bearward/koa'
import { createMcpGuard, getAccessToken, type AuthInfo, type McpGuard } from '@bearward/mcp/koa'
import Koa, { type Context, type Middleware } from 'koa'

const bearward = createBearward({
  issuer: 'https://as.example.com',
  resource: 'https://notes.example.com/mcp',
})

export const guards: readonly McpGuard[] = [
  createMcpGuard(bearward, { scope: 'notes:read' }),
  createMcpGuard(bearward, { check: (_token, context) => context.path === '/mcp' }),
  createMcpGuard(bearward, {
    tools: {
      mine: { check: (token, context) => context.query['id'] === token.subject.id },
      secure: { check: async (_token, context: Context) => context.secure },
    },
  }),
]

const mcp = createMcpGuard(bearward, {})
export const middleware: Middleware = mcp.guard

new Koa().use(mcp.guard).use((context) => {
  const { auth } = context.req as { auth?: AuthInfo }
  context.body = [auth && getAccessToken(auth).issuer, mcp.may(auth, 'tool', 'mine')]
})

export function guardsThatMustNotCompile(): void {
  // @ts-expect-error: the request is the context of Koa
  createMcpGuard(bearward, { check: (_token, context) => context.path === 7 })
  // @ts-expect-error: the guard itself is not a middleware
  new Koa().use(mcp)
}
