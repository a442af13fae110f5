import { createBatchVerifier } from '../micro/batch-verifier.ts'
import { measureCost } from '../micro/cost.ts'
import { runProgram } from '../program.ts'
import type { Size } from '../rounds.ts'
import { type CaseName, CASES } from './cases.ts'
import { createClient } from './client.ts'
import { MCP_CONTESTANTS } from './contestants.ts'

/** Argument of this program. */
export interface CallerSetup {
  readonly contestant: string
  readonly name: CaseName
  readonly size: Size
}

// Runs one contestant and one case. Each message is a command to measure a round. The program is ready after the warm-up.
await runProgram<CallerSetup, unknown>(async ({ contestant, name, size: { warmUp, round } }) => {
  const send = await createClient(await MCP_CONTESTANTS[contestant]!(), CASES[name])
  const sendNext = createBatchVerifier(send, { tokenCount: 1, atOnce: 1, accepted: true })
  await sendNext(warmUp)
  return { ready: 'ready', respond: () => measureCost(round, () => sendNext(round)) }
})
