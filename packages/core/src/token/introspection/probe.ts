import type { MaybePromise } from '../../lib/maybe-promise.ts'
import type { FailedCall } from './introspection-failure.ts'

/** The numbers of probes, in seconds. */
export const PROBE = {
  /** The result of a probe counts for so long. */
  valid: 5,
  /** Probes in a minute. */
  perMinute: 12,
  /** After a server has refused our credentials, or asked for fewer calls, it gets no probe for so long. */
  quiet: 60,
} as const

/** The result of a probe. `undefined`: it could not be made. */
export type ProbeResult = 'answered' | FailedCall | undefined

/**
 * An introspection call for a token of our own, which the issuer does not know. It shows whether the endpoint answers at
 * all, to distinguish an outage from a token that makes a call fail.
 */
export class Probe {
  readonly #send: () => Promise<ProbeResult>
  readonly #now: () => number
  #last: { readonly result: ProbeResult; readonly at: number } | undefined
  #running: Promise<ProbeResult> | undefined
  /** The times of the probes of the last minute. */
  #made: readonly number[] = []
  #quietUntil = -Infinity

  /** `send` never rejects. `now`: monotonic milliseconds. */
  constructor(send: () => Promise<ProbeResult>, now: () => number) {
    this.#send = send
    this.#now = now
  }

  /**
   * Makes a probe, or returns the result of the last one, if that is younger than `after` (monotonic milliseconds).
   * `undefined`: no probe may be made now.
   */
  ask(after = -Infinity): MaybePromise<ProbeResult> {
    if (this.#running !== undefined) return this.#running
    const now = this.#now()
    const { at, result } = this.#last ?? { at: -Infinity, result: undefined }
    if (now - at < PROBE.valid * 1000 && at > after) return result
    this.#made = this.#made.filter((made) => now - made < 60_000)
    const mayMake = now >= this.#quietUntil && this.#made.length < PROBE.perMinute
    return mayMake ? this.#make(now) : undefined
  }

  /** The server has refused our credentials, or wants fewer calls. */
  pause(): void {
    this.#quietUntil = this.#now() + PROBE.quiet * 1000
  }

  /** The server has answered a question. */
  resume(): void {
    this.#quietUntil = -Infinity
  }

  #make(now: number): Promise<ProbeResult> {
    this.#made = [...this.#made, now]
    this.#running = this.#send()
      .then((result) => {
        this.#last = { result, at: this.#now() }
        return result
      })
      .finally(() => (this.#running = undefined))
    return this.#running
  }
}
