import type { RequestListener } from 'node:http'
import { onPortOrFreePort, startAuthorizationServer } from '@bearward/example-authorization-server'
import { listen } from '@bearward/example-shared'
import { toAuthorizationServer } from './clients.ts'
import { createVersion1 } from './server-v1.ts'
import { createVersion2 } from './server-v2.ts'

/** Authorization server and two MCP servers, all on 127.0.0.1. */
export interface Servers {
  readonly issuer: string
  /** Address of the MCP server with version 2 of the SDK. */
  readonly version2: string
  /** Address of the MCP server with version 1 of the SDK. */
  readonly version1: string
  readonly close: () => Promise<void>
}

/** The ports of `--serve`. */
export const SERVE_PORTS = { authorizationServer: 9400, version2: 9401, version1: 9402 }

/** Starts the servers and prints their addresses. Port 0 selects a free port. */
export async function startServers(
  ports = { authorizationServer: 0, version2: 0, version1: 0 },
): Promise<Servers> {
  const version2 = await listenFirst(ports.version2)
  const version1 = await listenFirst(ports.version1)

  console.log('Starting an authorization server (oidc-provider) ...')
  const options = toAuthorizationServer([version2.address, version1.address])
  const authorizationServer = await onPortOrFreePort(ports.authorizationServer, (port) =>
    startAuthorizationServer({ ...options, port }),
  )
  const { issuer } = authorizationServer
  console.log(`The authorization server listens on ${issuer}`)

  version2.handleWith(createVersion2(issuer, version2.address))
  console.log(`The MCP server with version 2 of the SDK listens on ${version2.address}`)
  version1.handleWith(createVersion1(issuer, version1.address))
  console.log(`The MCP server with version 1 of the SDK listens on ${version1.address}\n`)
  return {
    issuer,
    version2: version2.address,
    version1: version1.address,
    async close() {
      await Promise.all([version2.close(), version1.close(), authorizationServer.close()])
    },
  }
}

/** Starts a server before its app exists: the app needs its own address and the issuer, and the issuer needs the address. */
async function listenFirst(preferredPort: number) {
  let handle: RequestListener | undefined
  const { url, close } = await onPortOrFreePort(preferredPort, (port) =>
    listen((request, response) => handle?.(request, response), port),
  )
  return {
    address: `${url}/mcp`,
    close,
    handleWith(app: RequestListener) {
      handle = app
    },
  }
}
