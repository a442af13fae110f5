/** Types of `@bearward/mcp/hono`. See `core.test-d.ts`. */
import { createBearward } from '@bearward/fetch/hono'
import {
  createMcpGuard,
  getAccessToken,
  type AuthInfo,
  type McpGuard,
  toReadableRequest,
} from '@bearward/mcp/hono'
import { type Context, Hono } from 'hono'

const bearward = createBearward({
  issuer: 'https://as.example.com',
  resource: 'https://notes.example.com/mcp',
})

export const guards: readonly McpGuard[] = [
  createMcpGuard(bearward, { scope: 'notes:read' }),
  createMcpGuard(bearward, { check: (_token, context) => context.req.path === '/mcp' }),
  createMcpGuard(bearward, {
    tools: {
      mine: { check: (token, context) => context.req.query('id') === token.subject.id },
      secure: { check: async (_token, context: Context) => context.req.url.startsWith('https:') },
    },
  }),
]

const mcp = createMcpGuard(bearward, {})

export const app = new Hono().all('/mcp', mcp.guard, (context) => {
  const auth: AuthInfo | undefined = context.get('auth')
  const body: unknown = context.get('parsedBody')
  const request = toReadableRequest(context.req.raw, body)
  // @ts-expect-error: the caller may be anonymous
  const { clientId } = context.get('auth')
  return context.json([auth && getAccessToken(auth).issuer, request.url, clientId])
})

/** An app can have its own types of bindings and variables. */
new Hono<{ Bindings: { region: string }; Variables: { now: number } }>().use('/mcp', mcp.guard)

export function guardsThatMustNotCompile(): void {
  // @ts-expect-error: the request is the context of Hono
  createMcpGuard(bearward, { check: (_token, context) => context.query === undefined })
  // @ts-expect-error: the guard itself is not a middleware
  new Hono().use(mcp)
}
