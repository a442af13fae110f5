import type { Clock } from '../../lib/clock.ts'
import type { MaybePromise } from '../../lib/maybe-promise.ts'
import { joinOrRestart } from '../../lib/shared-work.ts'
import type { FailedCall } from './introspection-failure.ts'

/** Limits of probes. Times are in seconds. */
export const PROBE = {
  /** Time for which the result of a probe is used again. */
  valid: 5,
  /** Maximum number of probes in a minute. */
  perMinute: 12,
  /** Time without probes after the server has refused the credentials or throttled calls. */
  quiet: 60,
} as const

/** Result of a probe. `undefined`: no probe was sent, or the resource server was closed before the response. */
export type ProbeResult = 'answered' | FailedCall | undefined

/**
 * Sends probes: introspection calls for a token that the issuer has not issued. The result distinguishes an outage from a
 * token that makes a call fail.
 */
export class Probe {
  readonly #send: () => Promise<ProbeResult>
  readonly #clock: Clock
  readonly #lostAfter: number
  #last: { readonly result: ProbeResult; readonly at: number } | undefined
  #running: Promise<ProbeResult> | undefined
  /** Times of the probes of the last minute, in monotonic milliseconds. */
  #made: readonly number[] = []
  #quietUntil = -Infinity

  /** `send` must never reject. For `lostAfter`, see `getLostAfter`. */
  constructor(send: () => Promise<ProbeResult>, clock: Clock, lostAfter: number) {
    this.#send = send
    this.#clock = clock
    this.#lostAfter = lostAfter
  }

  /**
   * Sends a probe, or waits for the running one. Returns the last result instead if it is still valid and was received after
   * `after` (monotonic milliseconds). `undefined`: no probe may be sent now.
   */
  run(after = -Infinity): MaybePromise<ProbeResult> {
    const running = this.#running
    if (running !== undefined) {
      return joinOrRestart(running, this.#clock, this.#lostAfter, () => {
        if (this.#running === running) this.#running = undefined
        return this.run(after)
      })
    }
    const now = this.#clock.monotonic()
    const { at, result } = this.#last ?? { at: -Infinity, result: undefined }
    if (now - at < PROBE.valid * 1000 && at > after) return result
    this.#made = this.#made.filter((made) => now - made < 60_000)
    const mayMake = now >= this.#quietUntil && this.#made.length < PROBE.perMinute
    return mayMake ? this.#make(now) : undefined
  }

  /** Stops probes for `PROBE.quiet` seconds. Called after refused credentials or throttling. */
  pause(): void {
    this.#quietUntil = this.#clock.monotonic() + PROBE.quiet * 1000
  }

  /** Permits probes again. Called after a valid response. */
  resume(): void {
    this.#quietUntil = -Infinity
  }

  #make(now: number): Promise<ProbeResult> {
    this.#made = [...this.#made, now]
    const running = this.#send()
      .then((result) => {
        this.#last = { result, at: this.#clock.monotonic() }
        return result
      })
      .finally(() => {
        if (this.#running === running) this.#running = undefined
      })
    this.#running = running
    return running
  }
}
