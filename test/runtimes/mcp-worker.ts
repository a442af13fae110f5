/** A Worker with the guard of an MCP server. The keys of the issuer come from the binding `JWKS`. */
import { env } from 'cloudflare:workers'
import { createBearward } from '@bearward/fetch'
import { createMcpGuard, getAccessToken, toReadableRequest } from '@bearward/mcp'
import { ISSUER, RESOURCE } from './mcp-worker-options.ts'

/** Milliseconds by which the clock of the guard is ahead. Each timer ends at once, and advances the clock by its time. */
let ahead = 0
const clock = {
  now: () => Date.now() + ahead,
  monotonic: () => Date.now() + ahead,
  after(milliseconds: number, callback: () => void) {
    const timer = setTimeout(() => {
      ahead += milliseconds
      callback()
      // The tokens of later requests are valid again.
      ahead = 0
    }, 0)
    return () => clearTimeout(timer)
  },
}

const { protect, may } = createMcpGuard(
  createBearward({
    issuer: ISSUER,
    resource: RESOURCE,
    jwks: env['JWKS'] as { keys: object[] },
    clock,
    logger: false,
  }),
  {
    scope: 'read',
    tools: { list: {}, purge: { scope: 'admin' } },
    methods: { 'tools/list': 'anonymous' },
    bodyLimit: 1000,
    endStreamsAtExpiry: true,
  },
)

/** Creates an event stream without an end. */
function createStream(): Response {
  const event = new TextEncoder().encode('data: 1\n\n')
  const body = new ReadableStream({ start: (controller) => controller.enqueue(event) })
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
}

const handle = protect(async (request, { authInfo, parsedBody }) => {
  if (request.method === 'GET') return createStream()
  return Response.json({
    clientId: authInfo?.clientId,
    verifiedBy: authInfo && getAccessToken(authInfo).verifiedBy,
    mayPurge: may(authInfo, 'tool', 'purge'),
    text: await toReadableRequest(request, parsedBody).text(),
  })
})

export default { fetch: handle }
