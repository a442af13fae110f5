export interface Program {
  /** Command that starts the program, for the usage text. */
  readonly command: string
  /** Runs the steps. Returns whether all responses are as expected. */
  readonly run: () => Promise<boolean>
  /** Starts the servers. Resolves after a stop signal. */
  readonly serve: () => Promise<void>
}

/**
 * Runs an example with the command-line arguments. Sets the exit code to 1 if a response is not as expected,
 * and to 2 if an argument is unknown.
 */
export async function runProgram({ command, run, serve }: Program): Promise<void> {
  const usage = `Usage: ${command} [-- --serve]

  Sends requests to an API and checks each response. The exit code is 1 if a response is not as expected.
  --serve   starts the same servers, prints commands to call the API with curl, and runs until Ctrl-C`
  const [option, ...more] = process.argv.slice(2)
  if (option === undefined) {
    process.exitCode = (await run()) ? 0 : 1
  } else if (option === '--serve' && more.length === 0) {
    await serve()
  } else if (option === '--help' && more.length === 0) {
    console.log(usage)
  } else {
    const unknown = option === '--serve' || option === '--help' ? more[0] : option
    console.error(`Unknown argument: ${unknown}\n\n${usage}`)
    process.exitCode = 2
  }
}
