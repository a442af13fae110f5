import { onPortOrFreePort, startAuthorizationServer } from '@bearward/example-authorization-server'
import { AUTHORIZATION_SERVER } from './identities.ts'
import type { RunningApi } from './listen.ts'
import type { Servers } from './step.ts'

/** Starts an API that accepts tokens of this issuer. Port 0 selects a free port. */
export type StartApi = (issuer: string, port: number) => Promise<RunningApi>

export interface RunningServers extends Servers {
  readonly close: () => Promise<void>
}

/** The ports of `--serve`. */
export const SERVE_PORTS = { authorizationServer: 9400, api: 9401 }

/** Starts the authorization server and an API on 127.0.0.1, and prints their addresses. */
export async function startServers(
  startApi: StartApi,
  ports = { authorizationServer: 0, api: 0 },
): Promise<RunningServers> {
  console.log('Starting an authorization server (oidc-provider) ...')
  const authorizationServer = await onPortOrFreePort(ports.authorizationServer, (port) =>
    startAuthorizationServer({ ...AUTHORIZATION_SERVER, port }),
  )
  const { issuer } = authorizationServer
  console.log(`The authorization server listens on ${issuer}`)
  try {
    console.log('Starting the reports API, with guards of Bearward ...')
    const api = await onPortOrFreePort(ports.api, (port) => startApi(issuer, port))
    console.log(`The reports API listens on ${api.url}\n`)
    return {
      authorizationServer,
      api,
      async close() {
        await Promise.all([api.close(), authorizationServer.close()])
      },
    }
  } catch (error) {
    await authorizationServer.close()
    throw error
  }
}
