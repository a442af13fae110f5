/** Prepares a program of ours with what it was told, for what it will be asked. What is said is JSON. */
export type Program<Argument, Question> = (argument: Argument) => Promise<{
  /** What it says when it is ready to be asked. */
  readonly ready: unknown
  answer(question: Question): unknown
}>

/**
 * Makes this process a program of the one that has started it with `startProgram`. It ends with that one, and
 * with the first failure.
 */
export async function runProgram<Argument, Question>(
  prepare: Program<Argument, Question>,
): Promise<void> {
  process.on('disconnect', () => process.exit())
  const { ready, answer } = await prepare(JSON.parse(process.argv[2]!) as Argument)
  process.on('message', (question: Question) => void reply(question))
  process.send!(ready)

  async function reply(question: Question): Promise<void> {
    process.send!(await answer(question))
  }
}
