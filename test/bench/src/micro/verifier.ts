import { AUDIENCE, ISSUER } from '../claims.ts'
import { runProgram } from '../program.ts'
import { createBatchVerifier } from './batch-verifier.ts'
import { CONTESTANTS } from './contestants.ts'
import { measureCost } from './cost.ts'
import { recordProfile } from './profile.ts'
import { readTokens, type Workload } from './workload.ts'

/** Argument of this program. */
export interface VerifierSetup {
  readonly contestant: string
  readonly workload: Workload
}

/** First message. `'not supported'` means that the library does not support the algorithm. */
export type ReadyMessage = 'ready' | 'not supported'

/** Commands. Each of them continues with the next tokens of the workload. */
export type Command =
  | { readonly type: 'measure round' }
  | { readonly type: 'profile'; readonly count: number }

// Runs one contestant and one workload, because a server also has one verifier and one kind of token. No other code shares the
// heap, or makes the compiled code more general. The program is ready after the warm-up.
await runProgram<VerifierSetup, Command>(async ({ contestant, workload }) => {
  const tokens = await readTokens(workload)
  const prepare = await CONTESTANTS[contestant]!()
  const verify = prepare(tokens, { issuer: ISSUER, audience: AUDIENCE })
  if (verify === undefined)
    return { ready: 'not supported' satisfies ReadyMessage, respond: () => null }
  const { atOnce, accepted, round } = workload
  const verifyNext = createBatchVerifier(verify, { tokenCount: tokens.count, atOnce, accepted })
  await verifyNext(workload.warmUp)
  return {
    ready: 'ready' satisfies ReadyMessage,
    respond: (command) =>
      command.type === 'profile'
        ? recordProfile(() => verifyNext(command.count))
        : measureCost(round, () => verifyNext(round)),
  }
})
