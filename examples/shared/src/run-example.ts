import { BASIC_STEPS } from './basic-steps.ts'
import { formatStepLine } from './format.ts'
import { runProgram } from './run-program.ts'
import { runSteps } from './run-steps.ts'
import { serve } from './serve.ts'
import { startServers } from './start-servers.ts'
import type { StartApi } from './start-servers.ts'

/**
 * Runs an example with the basic steps. With `--serve`, the servers run until a stop signal.
 *
 * @param source The file with the API. The output names this file.
 */
export async function runExample(startApi: StartApi, source = 'src/api.ts'): Promise<void> {
  await runProgram({
    command: 'npm start',
    run: () => runBasicSteps(startApi, source),
    serve: () => serve(startApi),
  })
}

/** Runs the basic steps and prints one line for each. Returns whether all responses are as expected. */
export async function runBasicSteps(startApi: StartApi, source = 'src/api.ts'): Promise<boolean> {
  const servers = await startServers(startApi)
  try {
    return await runSteps({
      steps: BASIC_STEPS,
      servers,
      format: formatStepLine,
      nextSteps: `
Next:
  npm start -- --serve   starts the same servers and prints commands to call the API with curl
  ${source.padEnd(20)}   the API and its guards`,
    })
  } finally {
    await servers.close()
  }
}
