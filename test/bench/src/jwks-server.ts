import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { JWK } from 'jose'

/** Authorization server that serves its metadata and its JWKS. */
export interface JwksServer {
  /** Address of the server, and the issuer in its metadata. */
  readonly issuer: string
  readonly jwksUri: string
  close(): void
}

/** Serves keys on the loopback address. Every response is delayed by `latency` milliseconds. */
export async function serveJwks(keys: readonly JWK[], latency = 0): Promise<JwksServer> {
  const server = createServer((request, response) => {
    const document = request.url === '/jwks' ? { keys } : { issuer, jwks_uri: jwksUri }
    const respond = () =>
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(document))
    if (latency === 0) respond()
    else void delay(latency).then(respond)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const jwksUri = `${issuer}/jwks`
  return {
    issuer,
    jwksUri,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
