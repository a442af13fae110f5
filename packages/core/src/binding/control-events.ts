import type { ReplayStoreConfiguration, ReplayStoreProblem } from './replay-store.ts'

/** A check that depends on a store of the application. */
export type Control = 'dpop_replay'

/** The state of a control, for `status()`. */
export interface ControlStatus {
  readonly control: Control
  /** `degraded`: the last answer of the store was an error, or it did not answer. */
  readonly state: 'working' | 'degraded'
  /** Seconds since the epoch since when it is degraded. `undefined`: it works. */
  readonly since: number | undefined
  /** The configuration of the store: see `ReplayStore`. */
  readonly configuration: ReplayStoreConfiguration
}

/**
 * Published for each request that is decided without an answer of the replay store.
 *
 * @example
 * ```ts
 * {
 *   type: 'degraded',
 *   control: 'dpop_replay',
 *   decision: 'refused',
 *   problem: 'timeout',
 *   detail: 'it did not respond within 50 ms',
 *   requestId: 'req-42',
 * }
 * ```
 */
export interface DegradedEvent {
  readonly type: 'degraded'
  readonly control: Control
  /**
   * The decision, as the option `dpop.whenReplayUnknown` defines it.
   *
   * - `refused`: 503.
   * - `nonce_required`: the client must send a proof with a newer nonce (401).
   * - `nonce_accepted`: the proof has a nonce that is a few seconds old.
   * - `allowed`: the request was granted, although the proof may have been used before.
   */
  readonly decision: 'refused' | 'nonce_required' | 'nonce_accepted' | 'allowed'
  /** The reason why the store has no answer. `paused`: it is not asked, because it has failed several times. */
  readonly problem: ReplayStoreProblem | 'paused'
  /** A description of the problem. */
  readonly detail: string
  /** The id of the request, if the framework or the application gives it one. */
  readonly requestId: string | undefined
}

/**
 * Published when a control works again.
 *
 * @example
 * ```ts
 * { type: 'control_recovered', control: 'dpop_replay', duration: 12.5 }
 * ```
 */
export interface ControlRecoveredEvent {
  readonly type: 'control_recovered'
  readonly control: Control
  /** Seconds since the first failure. */
  readonly duration: number
}
