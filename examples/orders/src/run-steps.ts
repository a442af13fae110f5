import { runResultSteps } from '@bearward/example-shared'
import { startServers } from './start-servers.ts'
import { STEPS } from './steps.ts'

const NEXT_STEPS = `
Next:
  npm start -- --serve   starts the same servers and prints commands to call them
  src/orders.ts          a service that requests and renews its token
  src/restock.ts         a job that makes one call
  src/stock.ts           a command-line tool`

/** Runs all steps and prints the results. Returns whether all results are as expected. */
export async function runSteps(): Promise<boolean> {
  const servers = await startServers()
  try {
    return await runResultSteps(STEPS, servers, NEXT_STEPS)
  } finally {
    await servers.close()
  }
}
