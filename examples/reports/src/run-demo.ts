import { formatStep, runSteps } from '@bearward/example-shared'
import { startDemoServers } from './start-demo-servers.ts'
import { STEPS } from './steps.ts'

const NEXT_STEPS = `
Next:
  npm run demo -- --serve         starts the same servers and prints commands to call the API with curl
  examples/reports/src/api.ts     the API and its guards
  examples/reports/src/steps.ts   the requests above and their expected responses
  README.md#quick-start           how to guard your own API`

/** Runs all steps and prints the results. Returns whether all responses are as expected. */
export async function runDemo(): Promise<boolean> {
  const servers = await startDemoServers()
  try {
    console.log(`Each step sends one request to the reports API and checks the response.
  >          request
  token:     description of the token
  <          response
  API log:   the detailed reason, and what to change. Callers receive only the short description.
`)
    return await runSteps({
      steps: STEPS,
      servers,
      format: (number, result) => formatStep(number, result, servers.takeRefusal()),
      nextSteps: NEXT_STEPS,
    })
  } finally {
    await servers.close()
  }
}
