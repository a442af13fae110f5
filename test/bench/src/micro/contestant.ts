import type { Expected } from '../claims.ts'
import type { TokenPool } from '../token-pool.ts'

/** Returns whether the token at an index of the pool is valid. Creates a new string of the token for each call. */
export type Verify = (index: number) => boolean | Promise<boolean>

/**
 * Creates a verifier. Work that needs no token, such as importing keys, is done here. Returns `undefined` if the library
 * does not support the algorithm of the pool.
 */
export type Contestant = (pool: TokenPool, expected: Expected) => Verify | undefined

/** Returns the result of a library that throws if a token is not valid. */
export function accepts(verify: () => unknown): boolean {
  try {
    verify()
    return true
  } catch {
    return false
  }
}
