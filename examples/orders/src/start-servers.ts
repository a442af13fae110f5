import type { TokenSource } from '@bearward/client'
import { onPortOrFreePort, startAuthorizationServer } from '@bearward/example-authorization-server'
import { listen } from '@bearward/example-shared'
import { AUTHORIZATION_SERVER } from './clients.ts'
import { createInventory } from './inventory.ts'
import { createOrders } from './orders.ts'

/** Authorization server and two services, all on 127.0.0.1. */
export interface Servers {
  readonly issuer: string
  readonly inventoryUrl: string
  readonly ordersUrl: string
  /** Token source of the orders service. */
  readonly inventory: TokenSource
  readonly stopAuthorizationServer: () => Promise<void>
  readonly close: () => Promise<void>
}

/** The ports of `--serve`. */
export const SERVE_PORTS = { authorizationServer: 9400, inventory: 9401, orders: 9402 }

/** Starts the servers and prints their addresses. Port 0 selects a free port. */
export async function startServers(
  ports = { authorizationServer: 0, inventory: 0, orders: 0 },
): Promise<Servers> {
  console.log('Starting an authorization server (oidc-provider) ...')
  const authorizationServer = await onPortOrFreePort(ports.authorizationServer, (port) =>
    startAuthorizationServer({ ...AUTHORIZATION_SERVER, port }),
  )
  const { issuer } = authorizationServer
  console.log(`The authorization server listens on ${issuer}`)

  console.log('Starting the inventory API (Fastify) ...')
  const { api, inventoryUrl } = await onPortOrFreePort(ports.inventory, async (port) => {
    const created = await createInventory(issuer)
    return { api: created, inventoryUrl: await created.listen({ host: '127.0.0.1', port }) }
  })
  console.log(`The inventory API listens on ${inventoryUrl}`)

  console.log('Starting the orders service (Express) ...')
  const { app, inventory } = createOrders(issuer, inventoryUrl)
  const orders = await onPortOrFreePort(ports.orders, (port) => listen(app, port))
  console.log(`The orders service listens on ${orders.url}\n`)
  return {
    issuer,
    inventoryUrl,
    ordersUrl: orders.url,
    inventory,
    stopAuthorizationServer: () => authorizationServer.close(),
    async close() {
      inventory.close()
      await Promise.all([orders.close(), api.close(), authorizationServer.close()])
    },
  }
}
