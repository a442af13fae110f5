import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ERRORS } from '@bearward/client'
import { STOCK } from './cast.ts'
import { restock } from './restock.ts'
import type { Stage } from './stage.ts'

/** One scene: what happens, and what has to come of it. */
export interface Scene {
  readonly heading: string
  readonly expected: unknown
  readonly play: (stage: Stage) => Promise<unknown>
}

/** Told in this order. */
export const STORY: readonly Scene[] = [
  {
    heading: 'Somebody calls the inventory without a token',
    expected: 401,
    play: async ({ inventoryUrl }) => (await fetch(`${inventoryUrl}/items`)).status,
  },
  {
    heading:
      'A customer orders. The service reserves the item as itself, and the inventory sees a machine',
    expected: { status: 201, reserved: 'tea', by: 'machine orders' },
    play: ({ ordersUrl }) => order(ordersUrl, 'tea'),
  },
  {
    heading: 'Fifty customers order at once. The service has asked for one token in all',
    expected: { reserved: 50, tokens: 1 },
    async play({ ordersUrl, inventory }) {
      const all = await Promise.all(Array.from({ length: 50 }, () => order(ordersUrl, 'tea')))
      const reserved = all.filter(({ status }) => status === 201).length
      return { reserved, tokens: inventory.counters().issued }
    },
  },
  {
    heading: 'A customer orders what nobody has',
    expected: { status: 404, error: 'out of stock' },
    play: ({ ordersUrl }) => order(ordersUrl, 'moonshine'),
  },
  {
    heading: 'At night a job lists what has to be bought',
    expected: ['coffee'],
    play: ({ issuer, inventoryUrl }) => restock(issuer, inventoryUrl),
  },
  {
    heading: 'A tool at the command line lists the items, with credentials from the environment',
    expected: { exitCode: 0, said: 'tea\t49\ncoffee\t2\n' },
    play: (stage) => stock(stage, STOCK.secret),
  },
  {
    heading: 'The tool says which variable is missing',
    expected: { exitCode: 2, said: 'stock: set STOCK_CLIENT_SECRET\n' },
    play: (stage) => stock(stage, ''),
  },
  {
    heading: 'The tool says whose fault a wrong secret is, and does not say the secret',
    expected: {
      exitCode: 2,
      said: `stock: invalid_client: ${ERRORS.invalid_client.text} ${ERRORS.invalid_client.advice}`,
      tellsTheSecret: false,
    },
    async play(stage) {
      const { exitCode, said } = await stock(stage, 'hunter2')
      const [message] = said.split('\n')
      return { exitCode, said: message, tellsTheSecret: said.includes('hunter2') }
    },
  },
  {
    heading: 'The token is wanted for another address, to which it does not go',
    expected: 'origin_not_allowed',
    play: ({ inventory }) =>
      inventory.fetch('https://inventory.example.net/items').then(
        () => 'it went',
        (error: { code?: unknown }) => error.code,
      ),
  },
  {
    heading: 'The authorization server stops. Orders go on',
    expected: { status: 201, reserved: 'tea', by: 'machine orders' },
    async play({ ordersUrl, stopAuthorizationServer }) {
      await stopAuthorizationServer()
      return order(ordersUrl, 'tea')
    },
  },
  {
    heading: 'The token is gone before the server is back. Customers hear of an outage',
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

/** Runs the tool as a program of its own. */
function stock(
  { issuer, inventoryUrl }: Stage,
  secret: string,
): Promise<{ exitCode: number | null; said: string }> {
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
      resolve({ exitCode: child.exitCode, said: stdout + stderr })
    })
  })
}
