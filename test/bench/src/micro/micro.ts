import { ISSUER } from '../claims.ts'
import { ensurePool } from '../mint.ts'
import { type RunningProgram, startProgram } from '../processes.ts'
import { measurePrograms } from '../rounds.ts'
import type { Algorithm, PoolOptions } from '../token-pool.ts'
import { FRESH_STRING, PEER_WITH_CACHE, SIGNATURE_ALONE, VERIFIERS } from './contestants.ts'
import type { Cost } from './cost.ts'
import { LONG_TOKENS } from './long-tokens.ts'
import type { Profile } from './profile.ts'
import type { Command, ReadyMessage, VerifierSetup } from './verifier.ts'
import type { Workload } from './workload.ts'

/** Cost of each round, by contestant. */
type Costs = Record<string, Cost[]>

export interface MicroResults {
  /** Every token is verified once. */
  readonly distinct: Record<Algorithm, { readonly sequential: Costs; readonly atOnce: Costs }>
  /** RS256 tokens that were verified before: one token, or 1,000 in turn. Includes the cost of the new string of each request. */
  readonly repeated: Record<'one' | 'thousand', Costs>
  /** RS256 tokens that are rejected, by kind. */
  readonly refused: Record<string, Costs>
  /** RS256 tokens of about 16 kB with a bad signature, by the shape of their claims. */
  readonly long: Record<string, Costs>
  /** CPU profiles of Bearward with RS256 tokens: new tokens, and tokens that were verified before. */
  readonly profile: { readonly once: Profile; readonly again: Profile }
}

export const ALGORITHMS: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

/** There are many short rounds, so that a phase in which the machine is slower affects all contestants of a round. */
const ROUNDS = 25
/** Enough verifications for V8 to optimize the code of every contestant. */
const WARM_UP = 16_000
const ROUND = 1000
/** A verification of one or two microseconds needs a longer warm-up and longer rounds. */
const WARM_UP_FOR_REPEATED = 60_000
const ROUND_OF_REPEATED = 10_000
const LONG_ROUND = 300
const AT_ONCE = 64

/** Measures the cost of one verification, with keys that are known from the start. */
export async function measureMicro(): Promise<MicroResults> {
  const distinct = {} as Record<Algorithm, { sequential: Costs; atOnce: Costs }>
  for (const algorithm of ALGORITHMS) {
    distinct[algorithm] = {
      sequential: await measureCosts([SIGNATURE_ALONE, ...VERIFIERS], distinctTokens(algorithm)),
      atOnce: await measureCosts(VERIFIERS, { ...distinctTokens(algorithm), atOnce: AT_ONCE }),
    }
  }
  const verifiers = [FRESH_STRING, ...VERIFIERS, PEER_WITH_CACHE]
  return {
    distinct,
    repeated: {
      one: await measureCosts(verifiers, repeatedTokens(1)),
      thousand: await measureCosts(verifiers, repeatedTokens(1000)),
    },
    refused: {
      'bad signature': await measureCosts(VERIFIERS, {
        ...rejectedTokens({}),
        alteration: 'bad signatures',
      }),
      expired: await measureCosts(VERIFIERS, rejectedTokens({ exp: 1_700_000_000 })),
      'another audience': await measureCosts(VERIFIERS, rejectedTokens({ aud: ISSUER })),
      garbage: await measureCosts(VERIFIERS, { ...rejectedTokens({}), alteration: 'garbage' }),
    },
    long: await measureLongTokens(),
    profile: {
      once: await profileBearward(distinctTokens('RS256'), ROUNDS * ROUND),
      again: await profileBearward(repeatedTokens(1000), 200_000),
    },
  }
}

/** Creates a workload with so many tokens that each token is verified only once. */
function distinctTokens(algorithm: Algorithm): Workload {
  const tokens = { algorithm, count: WARM_UP + (1 + ROUNDS) * ROUND }
  return { tokens, accepted: true, atOnce: 1, warmUp: WARM_UP, round: ROUND }
}

/** Creates a workload of `count` tokens that are verified repeatedly. */
export function repeatedTokens(count: number): Workload {
  const tokens = { algorithm: 'RS256', count } as const
  return {
    tokens,
    accepted: true,
    atOnce: 1,
    warmUp: WARM_UP_FOR_REPEATED,
    round: ROUND_OF_REPEATED,
  }
}

/** Creates a workload of tokens that are rejected because of their `claims`, or because of an `alteration`. */
function rejectedTokens(claims: NonNullable<PoolOptions['claims']>): Workload {
  const tokens = { algorithm: 'RS256', count: 1000, claims } as const
  return { tokens, accepted: false, atOnce: 1, warmUp: WARM_UP, round: ROUND }
}

async function measureLongTokens(): Promise<Record<string, Costs>> {
  const results: Record<string, Costs> = {}
  for (const [shape, claims] of Object.entries(LONG_TOKENS)) {
    results[shape] = await measureCosts(VERIFIERS, {
      tokens: { algorithm: 'RS256', count: 300, claims },
      alteration: 'bad signatures',
      accepted: false,
      atOnce: 1,
      warmUp: 10 * LONG_ROUND,
      round: LONG_ROUND,
    })
  }
  return results
}

/** Measures the cost of a verification for each contestant and round. All contestants warm up before the first round. */
export async function measureCosts(
  contestants: readonly string[],
  workload: Workload,
  rounds = ROUNDS,
): Promise<Costs> {
  await ensurePool(workload.tokens)
  const programs = new Map<string, RunningProgram<ReadyMessage>>()
  await Promise.all(
    contestants.map(async (name) => {
      const program = await startVerifier(name, workload)
      if (program.ready === 'ready') programs.set(name, program)
      else await program.end()
    }),
  )
  const supported = contestants.flatMap((name) => {
    const program = programs.get(name)
    return program ? [[name, program] as const] : []
  })
  return measurePrograms(new Map(supported), rounds)
}

/** Records a CPU profile of Bearward for the next `count` tokens of a workload, after the warm-up. */
async function profileBearward(workload: Workload, count: number): Promise<Profile> {
  await ensurePool(workload.tokens)
  const program = await startVerifier('bearward', workload)
  const profile = await program.request<Profile>({ type: 'profile', count } satisfies Command)
  await program.end()
  return profile
}

function startVerifier(
  contestant: string,
  workload: Workload,
): Promise<RunningProgram<ReadyMessage>> {
  return startProgram('./micro/verifier.js', { contestant, workload } satisfies VerifierSetup)
}
