import { formatStep, runSteps } from '@bearward/example-shared'
import { startDemoServers } from './start-demo-servers.ts'
import { STEPS } from './steps.ts'

const NEXT_STEPS = `Next:
  npm run demo -- --serve         starts the same servers and prints curl commands
  examples/reports/src/api.ts     the API and its guards
  examples/reports/src/steps.ts   the requests above, with the expected answers
  README.md#quick-start           how to guard an API of your own
`

/** Runs all steps and prints the results. Returns whether all answers are as expected. */
export async function runDemo(): Promise<boolean> {
  const servers = await startDemoServers()
  try {
    console.log(`Each step sends one request to the reports API and checks the answer.
"API log" is the reason of a refusal, as the API logs it. The caller does not receive it.
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
