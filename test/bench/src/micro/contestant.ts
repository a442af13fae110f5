import type { Expected } from '../claims.ts'
import type { TokenPool } from '../token-pool.ts'

/** Says whether the token of the pool at that index is a good one. Takes a fresh string of it every time. */
export type Verify = (index: number) => boolean | Promise<boolean>

/**
 * Gets everything ready that can be made ready before the first token is seen, keys above all. `undefined` where
 * the algorithm of the pool is not supported.
 */
export type Contestant = (pool: TokenPool, expected: Expected) => Verify | undefined

/** The verdict of a library that throws where a token is not good. */
export function accepts(verify: () => unknown): boolean {
  try {
    verify()
    return true
  } catch {
    return false
  }
}
