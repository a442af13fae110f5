import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ERRORS } from '@bearward/client'
import type { ResultStep } from '@bearward/example-shared'
import { STOCK } from './clients.ts'
import { restock } from './restock.ts'
import type { Servers } from './start-servers.ts'

/** Steps in order. The last two run after the authorization server has stopped. */
export const STEPS: readonly ResultStep<Servers>[] = [
  {
    heading: 'Call to the inventory without a token: refused with 401',
    expected: 401,
    run: async ({ inventoryUrl }) => (await fetch(`${inventoryUrl}/items`)).status,
  },
  {
    heading:
      'Order from a customer: the service reserves the item with its own token, as a machine',
    expected: { status: 201, reserved: 'tea', by: 'machine orders' },
    run: ({ ordersUrl }) => order(ordersUrl, 'tea'),
  },
  {
    heading: 'Fifty orders at the same time: all are reserved with one token',
    expected: { reserved: 50, tokens: 1 },
    async run({ ordersUrl, inventory }) {
      const all = await Promise.all(Array.from({ length: 50 }, () => order(ordersUrl, 'tea')))
      const reserved = all.filter(({ status }) => status === 201).length
      return { reserved, tokens: inventory.counters().issued }
    },
  },
  {
    heading: 'Order of an unknown item: the service returns 404 from the inventory',
    expected: { status: 404, error: 'out of stock' },
    run: ({ ordersUrl }) => order(ordersUrl, 'cocoa'),
  },
  {
    heading: 'Nightly job: lists the items to buy',
    expected: ['coffee'],
    run: ({ issuer, inventoryUrl }) => restock(issuer, inventoryUrl),
  },
  {
    heading: 'Command-line tool with credentials from the environment: lists the items',
    expected: { exitCode: 0, output: 'tea\t49\ncoffee\t2\n' },
    run: (servers) => stock(servers, STOCK.secret),
  },
  {
    heading: 'Command-line tool without a secret: exits and names the missing environment variable',
    expected: { exitCode: 2, output: 'stock: set STOCK_CLIENT_SECRET\n' },
    run: (servers) => stock(servers, ''),
  },
  {
    heading:
      'Command-line tool with a wrong secret: reports the error and does not print the secret',
    expected: {
      exitCode: 2,
      output: `stock: invalid_client: ${ERRORS.invalid_client.text} ${ERRORS.invalid_client.advice}`,
      printsSecret: false,
    },
    async run(servers) {
      const { exitCode, output } = await stock(servers, 'hunter2')
      const [message] = output.split('\n')
      return { exitCode, output: message, printsSecret: output.includes('hunter2') }
    },
  },
  {
    heading: 'Call to an origin that is not allowed: fails before a token is sent',
    expected: 'origin_not_allowed',
    run: ({ inventory }) =>
      inventory.fetch('https://inventory.example.net/items').then(
        () => 'sent',
        (error: { code?: unknown }) => error.code,
      ),
  },
  {
    heading: 'Authorization server stopped: the service uses its cached token',
    expected: { status: 201, reserved: 'tea', by: 'machine orders' },
    async run({ ordersUrl, stopAuthorizationServer }) {
      await stopAuthorizationServer()
      return order(ordersUrl, 'tea')
    },
  },
  {
    heading: 'Authorization server stopped, no cached token: the customer gets 503',
    expected: { status: 503, error: 'temporarily_unavailable' },
    async run({ ordersUrl, inventory }) {
      inventory.invalidate()
      return order(ordersUrl, 'tea')
    },
  },
]

async function order(ordersUrl: string, item: string): Promise<{ readonly status: number }> {
  const response = await fetch(`${ordersUrl}/orders/${item}`, { method: 'POST' })
  return { status: response.status, ...((await response.json()) as object) }
}

/** Runs the tool in its own process. */
function stock(
  { issuer, inventoryUrl }: Servers,
  secret: string,
): Promise<{ exitCode: number | null; output: string }> {
  const program = fileURLToPath(new URL('../dist/stock.js', import.meta.url))
  const env = {
    ...process.env,
    STOCK_ISSUER: issuer,
    STOCK_URL: inventoryUrl,
    STOCK_CLIENT_ID: STOCK.id,
    STOCK_CLIENT_SECRET: secret,
  }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program], { env }, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode, output: stdout + stderr })
    })
  })
}
