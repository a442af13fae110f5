import { clientCredentials, TokenError } from '@bearward/client'
import type { TokenSource } from '@bearward/client'
import express from 'express'
import type { ErrorRequestHandler, Express } from 'express'
import { INVENTORY, ORDERS } from './clients.ts'

export interface OrdersService {
  readonly app: Express
  readonly inventory: TokenSource
}

/** Creates the orders service. Customers call it, and it calls the inventory as itself. */
export function createOrders(issuer: string, inventoryUrl: string): OrdersService {
  const inventory = clientCredentials({
    issuer,
    clientId: ORDERS.id,
    // A function, so that the next token request uses a rotated secret.
    clientAuthentication: { method: 'client_secret_basic', secret: () => ORDERS.secret },
    scope: 'read:stock reserve:stock',
    resource: INVENTORY,
    // In this example the inventory does not run at its identifier. Remove this line in production.
    allowedOrigins: [inventoryUrl],
    // A customer waits for the response.
    maxWait: 1,
  })

  const app = express()
  app.post('/orders/:item', (request, response, next) => {
    reserve(request.params.item)
      .then(({ status, body }) => response.status(status).json(body))
      .catch(next)
  })
  app.use(unavailable)
  return { app, inventory }

  /** Reserves an item. Returns the response of the inventory. */
  async function reserve(item: string): Promise<{ status: number; body: unknown }> {
    const address = `${inventoryUrl}/items/${encodeURIComponent(item)}/reservations`
    const answer = await inventory.fetch(address, { method: 'POST' })
    return { status: answer.status, body: await answer.json() }
  }
}

/** Answers 503 to a `TokenError` of any code: without a token the service cannot call the inventory. */
const unavailable: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof TokenError)) return next(error)
  // Log error.message and error.detail here. Do not send them to customers.
  response.set('Retry-After', String(error.retryAfter ?? 5))
  response.status(503).json({ error: 'temporarily_unavailable' })
}
