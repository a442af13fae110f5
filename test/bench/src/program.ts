/** Prepares a program for the commands that follow. Arguments and messages are JSON. */
export type Program<Argument, Command> = (argument: Argument) => Promise<{
  /** Message that is sent when the program is ready for commands. */
  readonly ready: unknown
  respond(command: Command): unknown
}>

/**
 * Makes this process a program that `startProgram` has started. The process ends when its parent process ends, or at
 * the first error.
 */
export async function runProgram<Argument, Command>(
  prepare: Program<Argument, Command>,
): Promise<void> {
  process.on('disconnect', () => process.exit())
  const { ready, respond } = await prepare(JSON.parse(process.argv[2]!) as Argument)
  process.on('message', (command: Command) => void handle(command))
  process.send!(ready)

  async function handle(command: Command): Promise<void> {
    process.send!(await respond(command))
  }
}
