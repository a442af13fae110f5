import { fileURLToPath } from 'node:url'
import { discover, machineTokenCommand } from '@bearward/example-authorization-server'
import { curl, waitForStopSignal } from '@bearward/example-shared'
import { INVENTORY, STOCK } from './clients.ts'
import { SERVE_PORTS, startServers } from './start-servers.ts'

/** Starts the servers and prints commands to call them. Resolves after a stop signal. */
export async function serveOrders(): Promise<void> {
  const stopped = waitForStopSignal()
  const servers = await startServers(SERVE_PORTS)
  const { issuer, inventoryUrl, ordersUrl } = servers
  const { token_endpoint: tokenEndpoint } = await discover(issuer)
  const request = { client: STOCK, resource: INVENTORY, scope: 'read:stock' }
  const tool = fileURLToPath(new URL('./stock.js', import.meta.url))

  console.log(`Copy these commands into another shell. They need curl and node.

Order an item as a customer. The service calls the inventory with its own token. The response is 201:

${curl(`${ordersUrl}/orders/tea`, ' -X POST')}

List the stock with the command-line tool:

  STOCK_ISSUER=${issuer} STOCK_URL=${inventoryUrl} \\
    STOCK_CLIENT_ID=${STOCK.id} STOCK_CLIENT_SECRET=${STOCK.secret} node '${tool}'

Request a machine's token (client credentials grant) and call the inventory with it. The scope of the token allows a
request for the list (200), but not a reservation (403):

${machineTokenCommand({ variable: 'MACHINE_TOKEN', tokenEndpoint, ...request })}
${curl(`${inventoryUrl}/items`, '', 'MACHINE_TOKEN')}
${curl(`${inventoryUrl}/items/tea/reservations`, ' -X POST', 'MACHINE_TOKEN')}

Call the inventory without a token. The response is 401:

${curl(`${inventoryUrl}/items`)}

This example has no users, because the guards of the inventory require a machine.

Press Ctrl-C to stop the servers.
`)
  await stopped
  await servers.close()
}
