import { ISSUER } from '../claims.ts'
import { ensurePool } from '../mint.ts'
import { type RunningProgram, startProgram } from '../processes.ts'
import { inRounds } from '../rounds.ts'
import type { Algorithm, PoolOptions } from '../token-pool.ts'
import { FLOOR, FRESH_STRING, PEER_WITH_CACHE, VERIFIERS } from './contestants.ts'
import type { Cost } from './cost.ts'
import type { Profile } from './profile.ts'
import type { Assignment, Question, Readiness } from './verifier.ts'
import type { Workload } from './workload.ts'

/** Costs by contestant and round. */
type Costs = Record<string, Cost[]>

export interface MicroResults {
  /** Every token once. */
  readonly distinct: Record<Algorithm, { readonly sequential: Costs; readonly atOnce: Costs }>
  /** RS256 tokens that have been seen before, out of so many. Includes what a fresh string costs. */
  readonly repeated: Record<'one' | 'thousand', Costs>
  /** RS256 tokens that are refused. */
  readonly refused: Record<string, Costs>
  /** Where Bearward spends its time on RS256 tokens. */
  readonly profile: { readonly once: Profile; readonly again: Profile }
}

export const ALGORITHMS: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

const ROUNDS = 7
/** Enough for all code to be compiled, and compiled again, also of those that take longest to get there. */
const WARM_UP = 16_000
const ROUND = 3000
/** What is done in a microsecond or two takes more rounds to be compiled, and longer ones to be measured. */
const WARM_UP_FOR_REPEATED = 60_000
const ROUND_OF_REPEATED = 10_000
const AT_ONCE = 64

/** What one verification costs, with keys that are there from the start. */
export async function micro(): Promise<MicroResults> {
  const distinct = {} as Record<Algorithm, { sequential: Costs; atOnce: Costs }>
  for (const algorithm of ALGORITHMS) {
    distinct[algorithm] = {
      sequential: await costs([FLOOR, ...VERIFIERS], once(algorithm)),
      atOnce: await costs(VERIFIERS, { ...once(algorithm), atOnce: AT_ONCE }),
    }
  }
  const verifiers = [FRESH_STRING, ...VERIFIERS, PEER_WITH_CACHE]
  return {
    distinct,
    repeated: {
      one: await costs(verifiers, again(1)),
      thousand: await costs(verifiers, again(1000)),
    },
    refused: {
      'bad signature': await costs(VERIFIERS, { ...refused({}), spoilt: 'bad signatures' }),
      expired: await costs(VERIFIERS, refused({ exp: 1_700_000_000 })),
      'another audience': await costs(VERIFIERS, refused({ aud: ISSUER })),
      garbage: await costs(VERIFIERS, { ...refused({}), spoilt: 'garbage' }),
    },
    profile: {
      once: await profile(once('RS256'), ROUNDS * ROUND),
      again: await profile(again(1000), 200_000),
    },
  }
}

/** As many tokens as no contestant sees twice. */
function once(algorithm: Algorithm): Workload {
  const tokens = { algorithm, count: WARM_UP + (1 + ROUNDS) * ROUND }
  return { tokens, good: true, atOnce: 1, warmUp: WARM_UP, round: ROUND }
}

/** So many tokens again and again. */
function again(count: number): Workload {
  const tokens = { algorithm: 'RS256', count } as const
  return { tokens, good: true, atOnce: 1, warmUp: WARM_UP_FOR_REPEATED, round: ROUND_OF_REPEATED }
}

function refused(claims: NonNullable<PoolOptions['claims']>): Workload {
  const tokens = { algorithm: 'RS256', count: 1000, claims } as const
  return { tokens, good: false, atOnce: 1, warmUp: WARM_UP, round: ROUND }
}

/** What a verification costs each contestant in each round. All are warm before the first, and work in turn. */
async function costs(contestants: readonly string[], workload: Workload): Promise<Costs> {
  await ensurePool(workload.tokens)
  const programs = new Map<string, RunningProgram<Readiness>>()
  await Promise.all(
    contestants.map(async (name) => {
      const program = await start(name, workload)
      if (program.ready === 'ready') programs.set(name, program)
      else await program.end()
    }),
  )
  const taking = contestants.filter((name) => programs.has(name))
  const question: Question = { what: 'cost of a round' }
  const found = await inRounds(taking, 1 + ROUNDS, (name) =>
    programs.get(name)!.ask<Cost>(question),
  )
  await Promise.all([...programs.values()].map((program) => program.end()))
  // In the first round everyone has just waited for the one that was warm last.
  return Object.fromEntries(Object.entries(found).map(([name, [, ...rest]]) => [name, rest]))
}

/** Where Bearward spends its time on the next `count` tokens of a workload, warm. */
async function profile(workload: Workload, count: number): Promise<Profile> {
  await ensurePool(workload.tokens)
  const program = await start('bearward', workload)
  const found = await program.ask<Profile>({ what: 'profile', count } satisfies Question)
  await program.end()
  return found
}

function start(contestant: string, workload: Workload): Promise<RunningProgram<Readiness>> {
  return startProgram('./micro/verifier.js', { contestant, workload } satisfies Assignment)
}
