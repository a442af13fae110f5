import type { TokenSource } from '@bearward/client'
import { startAuthorizationServer } from '@bearward/example-authorization-server'
import { listen } from '@bearward/example-story'
import { AUTHORIZATION_SERVER } from './cast.ts'
import { createInventory } from './inventory.ts'
import { createOrders } from './orders.ts'

/** Authorization server and two services, all listening on loopback. */
export interface Stage {
  readonly issuer: string
  readonly inventoryUrl: string
  readonly ordersUrl: string
  /** Token source of the orders service. */
  readonly inventory: TokenSource
  readonly stopAuthorizationServer: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function setStage(): Promise<Stage> {
  const authorizationServer = await startAuthorizationServer(AUTHORIZATION_SERVER)
  const { issuer } = authorizationServer
  const api = await createInventory(issuer)
  const inventoryUrl = await api.listen({ host: '127.0.0.1', port: 0 })
  const { app, inventory } = createOrders(issuer, inventoryUrl)
  const orders = await listen(app)
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
