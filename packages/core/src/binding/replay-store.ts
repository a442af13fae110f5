import type { MaybePromise } from '../lib/maybe-promise.ts'

/**
 * A store that remembers the DPoP proofs that were used (RFC 9449 section 11.1), for the option `dpop.replay`. All processes of an
 * API must use the same store. `memoryReplay` is a store for one process. If you write a store, test it with `checkReplayStore` of
 * `@bearward/core/check-replay-store`.
 *
 * @example
 * const store: ReplayStore = {
 *   async firstUse({ id, ttl }) {
 *     return (await database.insertIfAbsent(id, Date.now() + ttl)) === 'inserted'
 *   },
 * }
 */
export interface ReplayStore {
  /**
   * Records that a proof is used. Returns `true` if this is the first use, and `false` if the proof was used earlier. The check and
   * the record must be one atomic step: of several simultaneous calls with the same `id`, exactly one returns `true`.
   *
   * Throws or rejects if the store does not know whether the proof was used, for example because the store is unavailable or full.
   * Must not forget a proof before its `ttl` has passed. So a full store must reject.
   */
  firstUse(proof: ProofUse): MaybePromise<boolean>
  /**
   * Connects to the store and checks its configuration, for `ready()`. Rejects if the store cannot be used.
   *
   * @default resolves immediately
   */
  ready?(): Promise<void>
  /**
   * Returns the state of the configuration of the store, for `status()`.
   *
   * - `verified`: the store keeps every entry for its `ttl`.
   * - `unverified`: it could not be checked whether the store keeps every entry for its `ttl`.
   * - `unsuitable`: the store may remove entries earlier. `firstUse` must then reject.
   *
   * @default 'unverified'
   */
  configuration?(): ReplayStoreConfiguration
}

/** The state of the configuration of a store: see `ReplayStore`. */
export type ReplayStoreConfiguration = 'verified' | 'unverified' | 'unsuitable'

/** One use of a DPoP proof. */
export interface ProofUse {
  /** Identifies the proof: 43 characters of base64url. This is a hash, so it contains no part of the proof. */
  readonly id: string
  /** The thumbprint of the key that signed the proof (RFC 7638, SHA-256, base64url), for limits per key. */
  readonly key: string
  /** Milliseconds for which the use must be remembered. */
  readonly ttl: number
}

/** The reasons why a store does not know whether a proof was used. */
export type ReplayStoreProblem =
  /** The store has no space for another proof. */
  | 'full'
  /** The store has no space for another proof of this key. It still accepts proofs of other keys. */
  | 'key_full'
  /** The store did not respond in time. */
  | 'timeout'
  /** The store has recorded the proof, but it is not confirmed that enough replicas of the store have the record. */
  | 'unconfirmed'
  /** The store may remove entries before their `ttl` has passed. */
  | 'unsuitable'
  /** The store refused the command, or responded with an unexpected value. */
  | 'failed'
  /** The connection to the store failed. */
  | 'unreachable'

/**
 * Error of a store that does not know whether a proof was used. Any other error is treated as the problem `failed`.
 *
 * @example
 * throw new ReplayStoreError('full', 'the table has reached its maximum size')
 */
export class ReplayStoreError extends Error {
  override readonly name = 'ReplayStoreError'
  readonly code = 'bearward_replay_store'
  readonly problem: ReplayStoreProblem
  /** A description of the problem, for logs. */
  readonly detail: string

  /** `detail` appears in logs. It must not contain a secret or a part of a request. */
  constructor(problem: ReplayStoreProblem, detail: string, cause?: unknown) {
    super(`The replay store does not know whether a proof was used: ${detail}.`, { cause })
    this.problem = problem
    this.detail = detail
  }
}
