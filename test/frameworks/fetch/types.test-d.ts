/** Type tests of the adapter for web-standard requests, and of its middleware for Hono. See `core.test-d.ts`. */
import {
  type AccessToken,
  auth,
  type Bearward,
  createBearward,
  type FetchGuard,
  type Handler,
  requireToken,
} from '@bearward/fetch'
import { createBearward as createForHono, type HonoGuard } from '@bearward/fetch/hono'
import { Hono, type MiddlewareHandler } from 'hono'

const issuer = 'https://as.example.com'
const audience = 'https://api.example.com'

export const bearward: Bearward = createBearward({ issuer, audience })
const { protect, metadata, cors } = bearward

export const guards: readonly FetchGuard[] = [
  requireToken(),
  bearward.requireToken(),
  bearward.requireToken({ scope: { any: ['read', 'write'] }, subject: 'user' }),
  bearward.requireToken({ check: (token, request) => request.url.includes(token.issuer) }),
]

/** The request of a framework, such as `NextRequest`. */
interface OwnRequest extends Request {
  readonly nextUrl: URL
}

export const handlers: readonly Handler[] = [
  protect({}, (_request, { token }) => Response.json(token.clientId)),
  protect({ scope: 'read' }, async (request, { token }) =>
    Response.json([request.url, token.clientId, auth(request).clientId]),
  ),
  metadata(),
  metadata((request) => Response.json(request.url)),
  cors({ origins: ['https://app.example.com'] }, () => new Response()),
]

/** A guard keeps the type of its request. */
export const ownGuard: FetchGuard<AccessToken, OwnRequest> = bearward.requireToken({
  check: (token, request: OwnRequest) => request.nextUrl.pathname === token.subject.id,
})

/** A handler keeps the types of its request and of its other arguments. */
export const withArguments: (request: OwnRequest, context: { id: string }) => Promise<Response> =
  protect({ scope: 'read' }, (request: OwnRequest, { token }, { id }: { id: string }) =>
    Response.json([request.nextUrl.pathname, token.clientId, id.length]),
  )

/** The runtime calls the handler `fetch` of a Worker with more arguments. */
export const worker: {
  fetch(
    request: Request,
    env: object,
    context: { waitUntil(promise: Promise<unknown>): void },
  ): unknown
} = { fetch: protect({}, () => new Response()) }

export async function calledByHand(request: Request): Promise<Response> {
  const passed = await guards[0]!(request, { waitUntil() {} })
  if (passed instanceof Response) return passed
  const token: AccessToken = passed.token
  return new Response(token.issuer, { headers: passed.headers })
}

export function handlersThatMustNotCompile(): void {
  // @ts-expect-error: the handler is missing
  protect({})
  // @ts-expect-error: the handler returns no Response
  protect({}, () => ({}))
  // @ts-expect-error: the caller may be anonymous
  protect({ optional: true }, (_request, { token }) => Response.json(token.issuer))
  // @ts-expect-error: the requirement does not exist
  protect({ scopes: 'read' }, () => new Response())
  // @ts-expect-error: the result of a guard must be awaited
  void guards[0]!(new Request(audience)).token
  // @ts-expect-error: cors needs a handler
  cors({ origins: '*' })
  // @ts-expect-error: a guard needs the Request
  void guards[0]!(audience)
}

const hono = createForHono({ issuer, audience })

export const middlewares: readonly MiddlewareHandler[] = [
  hono.requireToken(),
  hono.metadata(),
  hono.cors({ origins: '*' }),
  hono.requireToken({ check: (token, c) => c.req.query('id') === token.subject.id }),
]

export const typed: HonoGuard = hono.requireToken({ scope: 'read' })

new Hono<{ Bindings: { DATABASE: string }; Variables: { tenant: string } }>()
  .get('/reports/:id', hono.requireToken({ scope: 'read' }), (c) =>
    c.json([c.req.param('id'), c.get('auth').clientId, c.get('tenant'), c.env.DATABASE]),
  )
  .get('/optional', hono.requireToken({ optional: true }), (c) => {
    // @ts-expect-error: the caller may be anonymous
    c.get('auth').issuer.slice()
    return c.json(c.var.auth?.issuer)
  })
  // @ts-expect-error: there is no guard
  .get('/without', (c) => c.json(c.get('auth').issuer))
