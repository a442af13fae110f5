import type { Verify } from './contestant.ts'

export interface BatchOptions {
  readonly tokenCount: number
  /** Number of verifications that run at the same time, if the verifier is asynchronous. */
  readonly atOnce: number
  /** Result that every verification must have. */
  readonly accepted: boolean
}

/**
 * Creates a function that verifies the next `count` tokens. After the last token, it continues with the first token. It rejects
 * at the first unexpected result, because the cost of a wrong result is meaningless.
 */
export function createBatchVerifier(
  verify: Verify,
  { tokenCount, atOnce, accepted }: BatchOptions,
): (count: number) => Promise<void> {
  let next = 0
  return async (count) => {
    const end = next + count
    async function worker(): Promise<void> {
      while (next < end) {
        const result = verify(next++ % tokenCount)
        // A synchronous result is not awaited, because that would add to its cost.
        const isAccepted = typeof result === 'boolean' ? result : await result
        if (isAccepted !== accepted)
          throw new Error(`a token was ${isAccepted ? 'accepted' : 'rejected'}`)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
  }
}
