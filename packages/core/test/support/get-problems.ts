import { expect } from 'vitest'
import { ConfigurationError, createResourceServer } from '../../src/index.ts'

/** Returns the problems that a call reports in its `ConfigurationError`. */
export function getProblemsOf(call: () => unknown): readonly string[] {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as ConfigurationError).problems
  }
  return []
}

/** Returns the problems that `createResourceServer` reports for the options. */
export function getProblems(options: unknown): readonly string[] {
  return getProblemsOf(() =>
    createResourceServer(options as Parameters<typeof createResourceServer>[0]),
  )
}
