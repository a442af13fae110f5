import { clientCredentials } from '@bearward/client'
import { INVENTORY, RESTOCK } from './cast.ts'
import type { Item } from './inventory.ts'

/** The nightly job: what has to be bought. It lives for one call, and leaves nothing running. */
export async function restock(issuer: string, inventoryUrl: string): Promise<readonly string[]> {
  const source = clientCredentials({
    issuer,
    clientId: RESTOCK.id,
    clientAuthentication: { method: 'client_secret_basic', secret: RESTOCK.secret },
    scope: 'read:stock',
    resource: INVENTORY,
    origins: [inventoryUrl],
    // Nobody waits at night: a server that is being restarted is waited for.
    patience: 300,
  })
  try {
    const answer = await source.fetch(`${inventoryUrl}/items`)
    if (!answer.ok) throw new Error(`the inventory answered ${answer.status}`)
    const items = (await answer.json()) as readonly Item[]
    return items.filter(({ left }) => left < 10).map(({ name }) => name)
  } finally {
    source.close()
  }
}
