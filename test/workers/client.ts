/**
 * A Worker with a token source of `@bearward/client`, which is created at module scope. Responds to each request with the token.
 * For the path `/call`, calls the API instead.
 */
import { env } from 'cloudflare:workers'
import { clientCredentials, type ClientCredentialsOptions } from '@bearward/client'

interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void
}

const source = clientCredentials(env['OPTIONS'] as ClientCredentialsOptions)

export default {
  async fetch(request: Request, _env: unknown, context: WorkerContext): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/call') return source.fetch(env['API'] as string)
    const token = source.getToken()
    if (pathname === '/kept') context.waitUntil(token)
    return new Response((await token).value)
  },
}
