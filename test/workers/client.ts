/** A Worker that gets tokens with `@bearward/client` at module scope. Responds to each request with the token. */
import { env } from 'cloudflare:workers'
import { clientCredentials, type ClientCredentialsOptions } from '@bearward/client'

interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void
}

const source = clientCredentials(env['OPTIONS'] as ClientCredentialsOptions)

export default {
  async fetch(request: Request, _env: unknown, context: WorkerContext): Promise<Response> {
    const token = source.getToken()
    if (new URL(request.url).pathname === '/kept') context.waitUntil(token)
    return new Response((await token).value)
  },
}
