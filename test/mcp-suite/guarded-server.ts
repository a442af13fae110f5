import { createBearward } from '@bearward/express'
import { createMcpGuard, type McpGuardOptions } from '@bearward/mcp/express'
import type { Request, RequestHandler } from 'express'
import { createTestIssuer } from '../support/issuer.ts'
import { startHeaderProxy } from './header-proxy.ts'
import { startConformanceServer } from './server/conformance-server.ts'

const SCOPE = 'mcp'

/** Returns whether an origin is on the loopback interface, with any port. The conformance suite sends such origins. */
const isLoopback = (origin: string) => ['127.0.0.1', 'localhost'].includes(new URL(origin).hostname)

/** Starts the conformance server behind the guard, and a proxy that adds a new token to each request. */
export async function startGuardedServer(
  options: McpGuardOptions<Request>,
  afterGuard: RequestHandler = (_request, _response, next) => next(),
) {
  const issuer = createTestIssuer()
  let close = () => {}
  const server = await startConformanceServer((resource) => {
    const bearward = createBearward({
      issuer: issuer.issuer,
      jwks: issuer.jwks,
      machineSubject: 'client_id',
      resource,
      logger: false,
    })
    close = bearward.close
    const { guard } = createMcpGuard(bearward, { scope: SCOPE, origins: isLoopback, ...options })
    return [guard, afterGuard]
  })
  const proxy = await startHeaderProxy(server.address, () => ({
    authorization: `Bearer ${issuer.token({ claims: { aud: server.address, scope: SCOPE } })}`,
  }))
  return {
    /** The address of the server, which requires a token. */
    address: server.address,
    /** The address of the proxy. */
    proxy: proxy.address,
    async close() {
      await Promise.all([proxy.close(), server.close()])
      close()
    },
  }
}
