import { SIGNATURE_ALONE } from '../micro/contestants.ts'
import type { ProofContestant } from './contestant.ts'

/** Bearward with a replay store in memory. In the second contestant, the client has not sent a valid proof to the API yet. */
export const MEMORY = 'bearward'
export const NEW_KEY = 'bearward, new key'
/** Bearward with a replay store in Redis. */
export const REDIS = 'bearward, Redis'
/**
 * Two baselines: only the command of the store, and the command after a request with a store in memory. In the first baseline, a
 * command takes less time than in a server, because no other code runs between two commands.
 */
export const ROUND_TRIP = 'one round trip to Redis'
export const MEMORY_AND_TRIP = 'bearward, then one round trip to Redis'

/** Rows of the results for proofs with a bad signature. */
export const BAD_SIGNATURE = `${MEMORY}, bad signature`
export const BAD_SIGNATURE_NEW_KEY = `${NEW_KEY}, bad signature`

/** Each contestant is imported separately, so a process loads the code of only one contestant. */
export const PROOF_CONTESTANTS: Readonly<Record<string, () => Promise<ProofContestant>>> = {
  [SIGNATURE_ALONE]: async () => (await import('./proof-signature-alone.ts')).proofSignatureAlone,
  [MEMORY]: async () => (await import('./bearward.ts')).bearward,
  [NEW_KEY]: async () => (await import('./bearward.ts')).bearwardWithNewKey,
  [REDIS]: async () => (await import('./redis.ts')).bearwardWithRedis,
  [ROUND_TRIP]: async () => (await import('./redis.ts')).roundTrip,
  [MEMORY_AND_TRIP]: async () => (await import('./redis.ts')).bearwardThenRoundTrip,
}
