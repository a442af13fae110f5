import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ERRORS } from '@bearward/client'
import { STOCK } from './cast.ts'
import { restock } from './restock.ts'
import type { Stage } from './stage.ts'

/** Scene of the demo, with its expected result. */
export interface Scene {
  readonly heading: string
  readonly expected: unknown
  readonly play: (stage: Stage) => Promise<unknown>
}

/** Scenes in the order in which they run. */
export const STORY: readonly Scene[] = [
  {
    heading: 'A caller without a token calls the inventory',
    expected: 401,
    play: async ({ inventoryUrl }) => (await fetch(`${inventoryUrl}/items`)).status,
  },
  {
    heading:
      'A customer orders. The service reserves the item as itself, and the inventory identifies a machine',
    expected: { status: 201, reserved: 'tea', by: 'machine orders' },
    play: ({ ordersUrl }) => order(ordersUrl, 'tea'),
  },
  {
    heading: 'Fifty customers order at the same time. The service has requested one token in total',
    expected: { reserved: 50, tokens: 1 },
    async play({ ordersUrl, inventory }) {
      const all = await Promise.all(Array.from({ length: 50 }, () => order(ordersUrl, 'tea')))
      const reserved = all.filter(({ status }) => status === 201).length
      return { reserved, tokens: inventory.counters().issued }
    },
  },
  {
    heading: 'A customer orders an item that does not exist',
    expected: { status: 404, error: 'out of stock' },
    play: ({ ordersUrl }) => order(ordersUrl, 'moonshine'),
  },
  {
    heading: 'The nightly job lists the items to buy',
    expected: ['coffee'],
    play: ({ issuer, inventoryUrl }) => restock(issuer, inventoryUrl),
  },
  {
    heading: 'The command-line tool lists the items, with credentials from the environment',
    expected: { exitCode: 0, output: 'tea\t49\ncoffee\t2\n' },
    play: (stage) => stock(stage, STOCK.secret),
  },
  {
    heading: 'The tool reports which environment variable is missing',
    expected: { exitCode: 2, output: 'stock: set STOCK_CLIENT_SECRET\n' },
    play: (stage) => stock(stage, ''),
  },
  {
    heading:
      'The tool reports a wrong secret as a configuration error, and does not print the secret',
    expected: {
      exitCode: 2,
      output: `stock: invalid_client: ${ERRORS.invalid_client.text} ${ERRORS.invalid_client.advice}`,
      printsSecret: false,
    },
    async play(stage) {
      const { exitCode, output } = await stock(stage, 'hunter2')
      const [message] = output.split('\n')
      return { exitCode, output: message, printsSecret: output.includes('hunter2') }
    },
  },
  {
    heading: 'The service calls another origin. The token is not sent',
    expected: 'origin_not_allowed',
    play: ({ inventory }) =>
      inventory.fetch('https://inventory.example.net/items').then(
        () => 'it was sent',
        (error: { code?: unknown }) => error.code,
      ),
  },
  {
    heading: 'The authorization server stops. Orders continue with the cached token',
    expected: { status: 201, reserved: 'tea', by: 'machine orders' },
    async play({ ordersUrl, stopAuthorizationServer }) {
      await stopAuthorizationServer()
      return order(ordersUrl, 'tea')
    },
  },
  {
    heading: 'The cached token is removed while the server is unavailable. Customers get 503',
    expected: { status: 503, error: 'temporarily_unavailable' },
    async play({ ordersUrl, inventory }) {
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
  { issuer, inventoryUrl }: Stage,
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
