import { isDeepStrictEqual } from 'node:util'

/** A step of an example that returns a result. */
export interface ResultStep<Servers> {
  /** Case and outcome, for example `Order of an unknown item: the service returns 404`. */
  readonly heading: string
  readonly expected: unknown
  readonly run: (servers: Servers) => Promise<unknown>
}

/**
 * Runs steps in order, and prints each result and a summary. If all results are as expected, prints `nextSteps`, and returns
 * `true`.
 */
export async function runResultSteps<Servers>(
  steps: readonly ResultStep<Servers>[],
  servers: Servers,
  nextSteps: string,
): Promise<boolean> {
  let passed = 0
  for (const [index, { heading, expected, run }] of steps.entries()) {
    const result = await run(servers)
    const isAsExpected = isDeepStrictEqual(result, expected)
    console.log(`${String(index + 1).padStart(2)}. ${heading}\n    ${JSON.stringify(result)}`)
    if (isAsExpected) passed++
    else console.log(`    NOT AS EXPECTED: the result should be ${JSON.stringify(expected)}`)
  }
  console.log(`\n${passed} of ${steps.length} results as expected.`)
  if (passed === steps.length) console.log(nextSteps)
  return passed === steps.length
}
