import { type PoolOptions, readPool, type TokenPool } from '../token-pool.ts'

/** Which tokens a contestant verifies, and how. */
export interface Workload {
  readonly tokens: PoolOptions
  readonly spoilt?: 'bad signatures' | 'garbage'
  /** The verdict that all of them have to get. */
  readonly good: boolean
  /** How many verifications are asked for at a time. Those that are synchronous are done one by one all the same. */
  readonly atOnce: number
  /** How many verifications come before the first round. */
  readonly warmUp: number
  /** How many verifications are one round. */
  readonly round: number
}

/** The tokens of a workload, which have been minted before. */
export async function tokensOf({ tokens, spoilt }: Workload): Promise<TokenPool> {
  const pool = await readPool(tokens)
  if (spoilt === 'bad signatures') return pool.withBadSignatures(pool.count)
  if (spoilt === 'garbage') return pool.withGarbage(pool.count)
  return pool
}
