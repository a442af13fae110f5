import type { Verify } from '../micro/contestant.ts'
import type { SendProof } from './contestant.ts'

/** Creates a function that throws or rejects if a result is not the expected one, because the cost of a wrong result is meaningless. */
export function expectResults(send: SendProof, expected: string): Verify {
  const check = (result: string) => {
    if (result === expected) return true
    throw new Error(`a proof had the result "${result}" instead of "${expected}"`)
  }
  return (index) => {
    const result = send(index)
    // A synchronous result is not awaited, because that would add to its cost.
    return typeof result === 'string' ? check(result) : result.then(check)
  }
}
