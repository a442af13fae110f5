import { randomBytes } from 'node:crypto'
import { type ProofUse, ReplayStoreError, type ReplayStoreProblem } from '@bearward/core'

/** Creates the use of a new proof. */
export function createUse(): ProofUse {
  const text = () => randomBytes(32).toString('base64url')
  return { id: text(), key: text(), ttl: 60_000 }
}

/** Returns the problem of a use that rejects. */
export async function getProblem(
  use: boolean | void | Promise<boolean | void>,
): Promise<ReplayStoreProblem> {
  try {
    await use
  } catch (error) {
    if (error instanceof ReplayStoreError) return error.problem
    throw error
  }
  throw new Error('The use did not reject.')
}
