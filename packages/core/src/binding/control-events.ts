import type { ReplayStoreConfiguration, ReplayStoreProblem } from './replay-store.ts'

/** A check that depends on a store of the application. */
export type Control = 'dpop_replay'

/** The state of a control, for `status()`. */
export interface ControlStatus {
  readonly control: Control
  /** `degraded`: the store has failed, and no call has succeeded since then. */
  readonly state: 'working' | 'degraded'
  /** The time when the store began to fail, in seconds since the epoch. `undefined`: the control works. */
  readonly since: number | undefined
  /** The configuration of the store: see `ReplayStore`. */
  readonly configuration: ReplayStoreConfiguration
}

/**
 * Published for each request that is decided without a result of the replay store.
 *
 * @example
 * ```ts
 * {
 *   type: 'degraded',
 *   control: 'dpop_replay',
 *   decision: 'refused',
 *   problem: 'timeout',
 *   detail: 'it did not respond within 1 s',
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
   * - `nonce_accepted`: the request was granted, because the nonce of its proof is only a few seconds old.
   * - `allowed`: the request was granted, although the proof may have been used before.
   */
  readonly decision: 'refused' | 'nonce_required' | 'nonce_accepted' | 'allowed'
  /**
   * The reason why there is no result. `paused`: the store is not called for a few seconds, because it has failed several times.
   */
  readonly problem: ReplayStoreProblem | 'paused'
  /** A description of the problem. */
  readonly detail: string
  /** The id of the request, if the framework or the application has set an id. */
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
