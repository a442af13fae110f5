import { ConfigurationError, type Problems } from '@bearward/core/internal'

/** Returns the result of a function. If it throws a `ConfigurationError`, adds the problems of the error to `problems`. */
export function collectProblems<T>(
  problems: Problems,
  read: () => T,
  toProblem = (problem: string) => problem,
): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    for (const problem of error.problems) problems.add(toProblem(problem))
    return undefined
  }
}
