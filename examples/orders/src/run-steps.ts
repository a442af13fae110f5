import { isDeepStrictEqual } from 'node:util'
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
  let passed = 0
  try {
    for (const [index, { heading, expected, run }] of STEPS.entries()) {
      const result = await run(servers)
      const isAsExpected = isDeepStrictEqual(result, expected)
      console.log(`${String(index + 1).padStart(2)}. ${heading}\n    ${JSON.stringify(result)}`)
      if (isAsExpected) passed++
      else console.log(`    NOT AS EXPECTED: it should be ${JSON.stringify(expected)}`)
    }
  } finally {
    await servers.close()
  }
  console.log(`\n${passed} of ${STEPS.length} results as expected.`)
  if (passed === STEPS.length) console.log(NEXT_STEPS)
  return passed === STEPS.length
}
