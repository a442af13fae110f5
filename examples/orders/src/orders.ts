import { clientCredentials, TokenError } from '@bearward/client'
import type { TokenSource } from '@bearward/client'
import express from 'express'
import type { ErrorRequestHandler, Express } from 'express'
import { INVENTORY, ORDERS } from './clients.ts'

export interface OrdersService {
  readonly app: Express
  readonly inventory: TokenSource
}

/** Creates the orders service. It calls the inventory with its own token, not with a token of a customer. */
export function createOrders(issuer: string, inventoryUrl: string): OrdersService {
  const inventory = clientCredentials({
    issuer,
    clientId: ORDERS.id,
    // `secret` is a function: after a rotation, the next token request uses the new secret.
    clientAuthentication: { method: 'client_secret_basic', secret: () => ORDERS.secret },
    scope: 'read:stock reserve:stock',
    resource: INVENTORY,
    // Here, the URL of the inventory differs from its identifier. If they are equal, remove this line.
    allowedOrigins: [inventoryUrl],
    // A customer waits for the response, so wait at most one second for a token.
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
    const response = await inventory.fetch(address, { method: 'POST' })
    return { status: response.status, body: await response.json() }
  }
}

/** Responds with 503 to each `TokenError`: without a token, the service cannot call the inventory. */
const unavailable: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof TokenError)) return next(error)
  // Log error.message and error.detail here. Do not send them to customers.
  response.set('Retry-After', String(error.retryAfter ?? 5))
  response.status(503).json({ error: 'temporarily_unavailable' })
}
