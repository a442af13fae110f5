import { AUDIENCE, ISSUER } from '../claims.ts'
import { runProgram } from '../program.ts'
import { CONTESTANTS } from './contestants.ts'
import { costOf } from './cost.ts'
import { profileOf } from './profile.ts'
import { verifications } from './verifications.ts'
import { tokensOf, type Workload } from './workload.ts'

/** What this program does. */
export interface Assignment {
  readonly contestant: string
  readonly workload: Workload
}

/** Whether it can do it: not every library has every algorithm. */
export type Readiness = 'ready' | 'not supported'

/** Both go on with the next tokens of the workload. */
export type Question =
  | { readonly what: 'cost of a round' }
  | { readonly what: 'profile'; readonly count: number }

// One contestant and one workload in a process of its own, as a server has one verifier and tokens of one kind:
// nothing else shares its heap, or makes its code more general than it has to be. It is ready when it is warm.
await runProgram<Assignment, Question>(async ({ contestant, workload }) => {
  const tokens = await tokensOf(workload)
  const prepare = await CONTESTANTS[contestant]!()
  const verify = prepare(tokens, { issuer: ISSUER, audience: AUDIENCE })
  if (verify === undefined)
    return { ready: 'not supported' satisfies Readiness, answer: () => null }
  const { atOnce, good, round } = workload
  const verifyNext = verifications(verify, { of: tokens.count, atOnce, good })
  await verifyNext(workload.warmUp)
  return {
    ready: 'ready' satisfies Readiness,
    answer: (question) =>
      question.what === 'profile'
        ? profileOf(() => verifyNext(question.count))
        : costOf(round, () => verifyNext(round)),
  }
})
