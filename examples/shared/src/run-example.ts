import { BASIC_STEPS } from './basic-steps.ts'
import { formatStepLine } from './format.ts'
import { runProgram } from './run-program.ts'
import { runSteps } from './run-steps.ts'
import { serve } from './serve.ts'
import { startServers } from './start-servers.ts'
import type { StartApi } from './start-servers.ts'

/** Runs an example with the basic steps. With `--serve`, the servers run until a stop signal. */
export async function runExample(startApi: StartApi): Promise<void> {
  await runProgram({
    command: 'npm start',
    run: () => runBasicSteps(startApi),
    serve: () => serve(startApi),
  })
}

/** Runs the basic steps and prints one line for each. Returns whether all responses are as expected. */
export async function runBasicSteps(startApi: StartApi): Promise<boolean> {
  const servers = await startServers(startApi)
  try {
    return await runSteps({
      steps: BASIC_STEPS,
      servers,
      format: formatStepLine,
      nextSteps: `
Next:
  npm start -- --serve   starts the same servers and prints commands to call the API with curl
  src/api.ts             the API and its guards`,
    })
  } finally {
    await servers.close()
  }
}
