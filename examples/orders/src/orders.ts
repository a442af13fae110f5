import { clientCredentials } from '@bearward/client'
import type { TokenSource } from '@bearward/client'
import express from 'express'
import type { Express, Request, Response } from 'express'
import { INVENTORY, ORDERS } from './cast.ts'

export interface OrdersService {
  readonly app: Express
  readonly inventory: TokenSource
}

/** The orders service: customers call it, and it calls the inventory as itself. */
export function createOrders(issuer: string, inventoryUrl: string): OrdersService {
  const inventory = clientCredentials({
    issuer,
    clientId: ORDERS.id,
    // A function, so that a secret that is rotated is used at the next request for a token.
    clientAuthentication: { method: 'client_secret_basic', secret: () => ORDERS.secret },
    scope: 'read:stock reserve:stock',
    resource: INVENTORY,
    // Here the inventory is not where its name says. In production this line can go.
    origins: [inventoryUrl],
  })

  const app = express()
  app.post('/orders/:item', order)
  return { app, inventory }

  async function order(request: Request, response: Response): Promise<void> {
    const item = encodeURIComponent(String(request.params['item']))
    const answer = await inventory.fetch(`${inventoryUrl}/items/${item}/reservations`, {
      method: 'POST',
    })
    response.status(answer.status).json(await answer.json())
  }
}
