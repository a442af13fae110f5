#!/usr/bin/env node
/** Lists the items of the inventory. Reads its credentials from the environment, never from arguments. */
import { clientCredentials, TokenError } from '@bearward/client'
import { INVENTORY } from './clients.ts'
import type { Item } from './inventory.ts'

const NAMES = ['STOCK_ISSUER', 'STOCK_URL', 'STOCK_CLIENT_ID', 'STOCK_CLIENT_SECRET'] as const

const missing = NAMES.filter((name) => !process.env[name])
if (missing.length > 0) {
  console.error(`stock: set ${missing.join(', ')}`)
  process.exitCode = 2
} else {
  const [issuer, url, clientId, secret] = NAMES.map((name) => process.env[name]!)
  try {
    await list(issuer!, url!, clientId!, secret!)
  } catch (error) {
    // The message says what to check. The detail describes the response of the server. They never contain a secret.
    console.error(`stock: ${error instanceof Error ? error.message : 'failed'}`)
    if (error instanceof TokenError && error.detail !== undefined) console.error(error.detail)
    process.exitCode = error instanceof TokenError && error.fault === 'configuration' ? 2 : 1
  }
}

async function list(issuer: string, url: string, clientId: string, secret: string): Promise<void> {
  const source = clientCredentials({
    issuer,
    clientId,
    clientAuthentication: { method: 'client_secret_basic', secret },
    scope: 'read:stock',
    resource: INVENTORY,
    allowedOrigins: [new URL(url).origin],
    // No retries: the user can run the command again.
    maxWait: 0,
  })
  const response = await source.fetch(`${url}/items`)
  if (!response.ok) throw new Error(`the inventory responded with ${response.status}`)
  for (const { name, left } of (await response.json()) as readonly Item[]) {
    console.log(`${name}\t${left}`)
  }
}
