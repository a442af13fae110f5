import { formatSummary } from './format.ts'
import { runStep } from './run-step.ts'
import type { StepResult } from './run-step.ts'
import type { Servers, Step } from './step.ts'

export interface RunOptions<S extends Servers> {
  readonly steps: readonly Step<S>[]
  readonly servers: S
  readonly format: (number: number, result: StepResult) => string
  /** Printed last, if all responses are as expected. */
  readonly nextSteps: string
}

/**
 * Runs the steps in order, and prints each result and a summary. If all responses are as expected, prints the next steps, and
 * returns `true`.
 */
export async function runSteps<S extends Servers>(options: RunOptions<S>): Promise<boolean> {
  const { steps, servers, format, nextSteps } = options
  const results: StepResult[] = []
  for (const [index, step] of steps.entries()) {
    const result = await runStep(step, servers)
    results.push(result)
    console.log(format(index + 1, result))
  }
  const passed = results.every(({ differences }) => differences.length === 0)
  console.log(formatSummary(results))
  if (passed) console.log(nextSteps)
  return passed
}
