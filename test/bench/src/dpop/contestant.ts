import type { BoundToken } from './proofs.ts'

/**
 * Returns the result of a request with the proof at an index: `granted`, or the check that refuses it. See `PROOF_KINDS`. A
 * baseline returns `granted` if its work succeeds.
 */
export type SendProof = (index: number) => string | Promise<string>

/** Creates a function that sends requests. `redis` is the address of a Redis server. */
export type ProofContestant = (bound: BoundToken, redis: string) => SendProof | Promise<SendProof>
