import { ReplayStoreError, type ReplayStoreConfiguration } from '@bearward/core'
import { type Clock, runDetached } from '@bearward/core/internal'
import { startBoundedWait } from './bounded-wait.ts'
import type { SendCommand } from './options.ts'
import { isCommandRefused, readPolicies } from './replies.ts'

/** Milliseconds after which the policy is read again. */
export const POLICY_TIMES = {
  /** The policy is right, or the server refuses to show it. The policy can change, and a failover can lead to another server. */
  settled: 600_000,
  /** The policy is wrong. This time is short, so that the server is used again soon after a correction of the policy. */
  unsuitable: 60_000,
  /** The server has not shown the policy: it has not replied, or has replied with a temporary error. */
  unanswered: 5000,
} as const

/** Checks that the server does not evict entries before they expire: its `maxmemory-policy` must be `noeviction`. */
export interface EvictionPolicy {
  readonly state: ReplayStoreConfiguration
  /** `true` until the server has sent its policy, or has refused to show it. */
  readonly isUnknown: boolean
  /**
   * Waits for the running request, or reads the policy if this is due. Never rejects. `timeout` is the limit in milliseconds for
   * a request that this call starts.
   */
  check(timeout: number): Promise<void>
  /**
   * Makes the next `check` read the policy, because the client may now be connected to another server. If a request is running,
   * its reply may come from the earlier server. The policy is then read once more after this request. `state` stays in use until
   * then.
   */
  expire(): void
}

/** Creates the check of the policy of a server. */
export function createEvictionPolicy(send: SendCommand, clock: Clock): EvictionPolicy {
  let state: ReplayStoreConfiguration = 'unverified'
  let isUnknown = true
  let dueAt = -Infinity
  let running: Promise<void> | undefined
  // `true` if `expire` was called after the start of the newest request.
  let isExpired = true

  function settle(next: ReplayStoreConfiguration, pause: number): void {
    state = next
    isUnknown = false
    postpone(pause)
  }

  function postpone(pause: number): void {
    dueAt = isExpired ? -Infinity : clock.monotonic() + pause
  }

  function onReply(reply: unknown): void {
    const policies = readPolicies(reply)
    const isWrong = policies.some((policy) => policy !== 'noeviction')
    if (isWrong) settle('unsuitable', POLICY_TIMES.unsuitable)
    else settle(policies.length === 0 ? 'unverified' : 'verified', POLICY_TIMES.settled)
  }

  async function request(timeout: number): Promise<void> {
    isExpired = false
    const wait = startBoundedWait(clock, timeout)
    try {
      const reply = await wait.race(send(['CONFIG', 'GET', 'maxmemory-policy']))
      if (reply !== 'timeout') return onReply(reply)
    } catch (error) {
      // Other errors, for example while the server loads its data, say nothing about the policy.
      if (isCommandRefused(error) && state !== 'unsuitable')
        return settle('unverified', POLICY_TIMES.settled)
    } finally {
      wait.end()
    }
    // The last known policy stays in use.
    postpone(POLICY_TIMES.unanswered)
  }

  return {
    get state() {
      return state
    },
    get isUnknown() {
      return isUnknown
    },
    check(timeout) {
      if (running === undefined && clock.monotonic() < dueAt) return Promise.resolve()
      running ??= runDetached(() => request(timeout)).finally(() => (running = undefined))
      return running
    },
    expire() {
      isExpired = true
      dueAt = -Infinity
    },
  }
}

/** Throws if a server may evict entries before they expire. */
export function assertSuitable(policy: EvictionPolicy): void {
  if (policy.state !== 'unsuitable') return
  throw new ReplayStoreError(
    'unsuitable',
    "the server may evict entries before they expire; set maxmemory-policy to 'noeviction' (CONFIG SET maxmemory-policy noeviction)",
  )
}
