import type { ResourceServerOptions } from '@bearward/core'
import { createBearward } from '@bearward/fetch'
import { createMcpGuard, type McpGuardOptions, toReadableRequest } from '@bearward/mcp'

/** The values of `env`. */
export interface WorkerSetup {
  readonly BEARWARD: ResourceServerOptions
  readonly GUARD: McpGuardOptions
}

/** A worker with a guard. It responds with the body and the `cf` of the request that `toReadableRequest` returns. */
export default {
  async fetch(request: Request, { BEARWARD, GUARD }: WorkerSetup): Promise<Response> {
    const handle = createMcpGuard(createBearward(BEARWARD), GUARD).protect(
      async (guarded, { parsedBody }) => {
        const readable: Request & { readonly cf?: unknown } = toReadableRequest(guarded, parsedBody)
        return Response.json({ cf: readable.cf, body: await readable.text() })
      },
    )
    // Cloudflare sets `cf`, and workerd does not.
    return handle(new Request(request, { cf: { country: 'AT' } } as RequestInit))
  },
}
