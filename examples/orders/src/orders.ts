import { clientCredentials, TokenError } from '@bearward/client'
import type { TokenSource } from '@bearward/client'
import express from 'express'
import type { ErrorRequestHandler, Express } from 'express'
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
    // A customer waits.
    patience: 1,
  })

  const app = express()
  app.post('/orders/:item', (request, response, next) => {
    reserve(request.params.item)
      .then(({ status, body }) => response.status(status).json(body))
      .catch(next)
  })
  app.use(unavailable)
  return { app, inventory }

  /** What a customer hears is what the inventory says. */
  async function reserve(item: string): Promise<{ status: number; body: unknown }> {
    const address = `${inventoryUrl}/items/${encodeURIComponent(item)}/reservations`
    const answer = await inventory.fetch(address, { method: 'POST' })
    return { status: answer.status, body: await answer.json() }
  }
}

/** Without a token there is no inventory: that is an outage of ours, whatever the code is. */
const unavailable: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof TokenError)) return next(error)
  // A service logs error.message and error.detail here. Customers hear neither.
  response.set('Retry-After', String(error.retryAfter ?? 5))
  response.status(503).json({ error: 'temporarily_unavailable' })
}
