import type { Verify } from './contestant.ts'

/**
 * Returns what verifies so many of `of` tokens, `atOnce` of them at a time where that is asynchronous, and goes on
 * with the next tokens when it is called again. Throws where a verdict is not the expected one: the price of a wrong
 * answer is of no interest.
 */
export function verifications(
  verify: Verify,
  { of, atOnce, good }: { readonly of: number; readonly atOnce: number; readonly good: boolean },
): (count: number) => Promise<void> {
  let next = 0
  return async (count) => {
    const end = next + count
    async function worker(): Promise<void> {
      while (next < end) {
        const verdict = verify(next++ % of)
        // What is known at once is not waited for.
        const accepted = typeof verdict === 'boolean' ? verdict : await verdict
        if (accepted !== good) throw new Error(`a token was ${accepted ? 'accepted' : 'refused'}`)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
  }
}
