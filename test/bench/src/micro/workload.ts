import { type PoolOptions, readPool, type TokenPool } from '../token-pool.ts'

/** Tokens that a contestant verifies, and the number of verifications. */
export interface Workload {
  readonly tokens: PoolOptions
  readonly alteration?: 'bad signatures' | 'garbage'
  /** Result that every verification must have. */
  readonly accepted: boolean
  /** Number of verifications that are started at the same time. Synchronous contestants still run them one at a time. */
  readonly atOnce: number
  /** Number of verifications before the first round. */
  readonly warmUp: number
  /** Number of verifications per round. */
  readonly round: number
}

/** Reads the tokens of a workload, which `ensurePool` has stored. */
export async function readTokens({ tokens, alteration }: Workload): Promise<TokenPool> {
  const pool = await readPool(tokens)
  if (alteration === 'bad signatures') return pool.withBadSignatures(pool.count)
  if (alteration === 'garbage') return pool.withGarbage(pool.count)
  return pool
}
