import { clientCredentials } from '@bearward/client'
import { INVENTORY, RESTOCK } from './clients.ts'
import type { Item } from './inventory.ts'

/** Returns the items to buy. Makes one call to the inventory, and closes the token source. */
export async function restock(issuer: string, inventoryUrl: string): Promise<readonly string[]> {
  const source = clientCredentials({
    issuer,
    clientId: RESTOCK.id,
    clientAuthentication: { method: 'client_secret_basic', secret: RESTOCK.secret },
    scope: 'read:stock',
    resource: INVENTORY,
    allowedOrigins: [inventoryUrl],
    // The job is not urgent: if the authorization server is unavailable, the job waits up to five minutes for a token.
    maxWait: 300,
  })
  try {
    const response = await source.fetch(`${inventoryUrl}/items`)
    if (!response.ok) throw new Error(`the inventory responded with ${response.status}`)
    const items = (await response.json()) as readonly Item[]
    return items.filter(({ left }) => left < 10).map(({ name }) => name)
  } finally {
    source.close()
  }
}
