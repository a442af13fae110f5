import { createBatchVerifier } from '../micro/batch-verifier.ts'
import { measureCost } from '../micro/cost.ts'
import { runProgram } from '../program.ts'
import type { Size } from '../rounds.ts'
import { PROOF_CONTESTANTS } from './contestants.ts'
import { expectResults } from './expect-results.ts'
import { mintBoundToken, PROOF_KINDS, type ProofAlgorithm, type ProofKind } from './proofs.ts'

/** Argument of this program. */
export interface ProofCheckerSetup {
  readonly contestant: string
  readonly algorithm: ProofAlgorithm
  readonly kind: ProofKind
  readonly size: Size
  /** Address of a Redis server. */
  readonly redis: string
}

// Runs one contestant and one kind of proof. Each message is a command to measure a round. The program mints its proofs,
// because proofs must be new. The program is ready after the warm-up.
await runProgram<ProofCheckerSetup, unknown>(async ({ contestant, size, redis, ...proofs }) => {
  const { warmUp, round, rounds } = size
  const bound = await mintBoundToken({ ...proofs, count: warmUp + (1 + rounds) * round })
  const prepare = await PROOF_CONTESTANTS[contestant]!()
  const send = await prepare(bound, redis)
  const sendNext = createBatchVerifier(expectResults(send, PROOF_KINDS[proofs.kind]), {
    tokenCount: bound.proofs.count,
    atOnce: 1,
    accepted: true,
  })
  await sendNext(warmUp)
  return { ready: 'ready', respond: () => measureCost(round, () => sendNext(round)) }
})
