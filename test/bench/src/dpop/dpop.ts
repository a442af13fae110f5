import { SIGNATURE_ALONE, WITH_DPOP } from '../micro/contestants.ts'
import type { Cost } from '../micro/cost.ts'
import { measureCosts, repeatedTokens } from '../micro/micro.ts'
import { startProgram } from '../processes.ts'
import { measurePrograms, type Size } from '../rounds.ts'
import {
  BAD_SIGNATURE,
  BAD_SIGNATURE_NEW_KEY,
  MEMORY,
  MEMORY_AND_TRIP,
  NEW_KEY,
  REDIS,
  ROUND_TRIP,
} from './contestants.ts'
import type { ProofCheckerSetup } from './proof-checker.ts'
import { PROOF_ALGORITHMS, type ProofAlgorithm } from './proofs.ts'
import { startRedis } from './redis-server.ts'

/** Cost of each round, by contestant. */
type Costs = Record<string, Cost[]>

/** Costs of one request. The token is cached. Every proof is sent once, but proofs of 8 kB may be sent several times. */
export interface DpopResults {
  /** Requests with a valid proof or a bad signature, by the algorithm of the proof. */
  readonly signatures: Record<ProofAlgorithm, Costs>
  /** Requests with an ES256 proof that is refused before its signature is verified, by the kind of the proof. */
  readonly refused: Costs
  /** Requests with one of 1,000 cached tokens that are not bound, with and without the option `dpop`. */
  readonly unbound: Costs
  /** Requests with an ES256 proof, one at a time, by the replay store. Includes the round trip alone. */
  readonly stores: Costs
}

/** Small enough that all rounds end within the maximum age of a proof, which is ten minutes. */
const FULL: Size = { warmUp: 16_000, round: 1000, rounds: 25 }

/** Measures the cost of a DPoP proof. Rejects if redis-server is missing. */
export async function measureDpop(size = FULL): Promise<DpopResults> {
  const redis = await startRedis()
  const measure = (setups: Readonly<Record<string, Partial<ProofCheckerSetup>>>) =>
    measureSetups(setups, size, redis.url)
  try {
    const signatures = {} as Record<ProofAlgorithm, Costs>
    for (const algorithm of PROOF_ALGORITHMS) {
      signatures[algorithm] = await measure({
        [SIGNATURE_ALONE]: { algorithm, contestant: SIGNATURE_ALONE },
        [MEMORY]: { algorithm },
        [BAD_SIGNATURE]: { algorithm, kind: 'bad signature' },
        [BAD_SIGNATURE_NEW_KEY]: { algorithm, contestant: NEW_KEY, kind: 'bad signature' },
      })
    }
    return {
      signatures,
      refused: await measure({
        'wrong key': { kind: 'wrong key' },
        'wrong ath': { kind: 'wrong ath' },
        'garbage of 8 kB': { kind: 'garbage' },
        'header of 8 kB': { kind: 'many members' },
      }),
      unbound: await measureCosts(['bearward', WITH_DPOP], repeatedTokens(1000), size.rounds),
      stores: await measure({
        [MEMORY]: {},
        [REDIS]: { contestant: REDIS },
        [MEMORY_AND_TRIP]: { contestant: MEMORY_AND_TRIP },
        [ROUND_TRIP]: { contestant: ROUND_TRIP },
      }),
    }
  } finally {
    await redis.close()
  }
}

/** Measures the contestants, each in its own process. By default, they get valid ES256 proofs and use a store in memory. */
async function measureSetups(
  setups: Readonly<Record<string, Partial<ProofCheckerSetup>>>,
  size: Size,
  redis: string,
): Promise<Costs> {
  const usual = { contestant: MEMORY, algorithm: 'ES256', kind: 'valid', size, redis } as const
  const programs = await Promise.all(
    Object.entries(setups).map(async ([name, setup]) => {
      const argument: ProofCheckerSetup = { ...usual, ...setup }
      return [name, await startProgram('./dpop/proof-checker.js', argument)] as const
    }),
  )
  return measurePrograms(new Map(programs), size.rounds)
}
