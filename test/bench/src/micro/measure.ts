import type { Verify } from './contestant.ts'

/** Microseconds an operation: of processor time, of all threads together, and of time. */
export interface Cost {
  readonly cpu: number
  readonly wall: number
}

/**
 * Verifies the tokens at `indices`, `atOnce` of them at a time, and says what one costs. Throws where a verdict
 * is not the expected one: the price of a wrong answer is of no interest.
 */
export async function costOf(
  verify: Verify,
  indices: { readonly first: number; readonly count: number; readonly of: number },
  expected: boolean,
  atOnce = 1,
): Promise<Cost> {
  const { first, count, of } = indices
  let next = 0
  async function worker(): Promise<void> {
    while (next < count) {
      const verdict = verify((first + next++) % of)
      // What is known at once is not waited for.
      const good = typeof verdict === 'boolean' ? verdict : await verdict
      if (good !== expected) throw new Error(`a token was ${good ? 'accepted' : 'refused'}`)
    }
  }
  // What the others have left behind is not swept at our expense.
  globalThis.gc?.()
  const start = performance.now()
  const cpuBefore = process.cpuUsage()
  await Promise.all(Array.from({ length: atOnce }, worker))
  const { user, system } = process.cpuUsage(cpuBefore)
  const elapsed = performance.now() - start
  return { cpu: (user + system) / count, wall: (elapsed * 1000) / count }
}
