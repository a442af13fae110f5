import type { MaybePromise } from '../../lib/maybe-promise.ts'
import type { FailedCall } from './introspection-failure.ts'

/** The numbers of probes, in seconds. */
export const PROBE = {
  /** What a probe has shown counts for so long. So there are at most twelve in a minute. */
  valid: 5,
  /** After a server has refused our credentials, or asked for fewer calls, it gets no probe for so long. */
  quiet: 60,
} as const

/** What came of a probe. `undefined`: it could not be made. */
export type ProbeResult = 'answered' | FailedCall | undefined

/**
 * A question about a token of our own, which the issuer does not know. It shows whether a server answers at all, where a
 * call for somebody else's token has come to nothing: that can be due to the token.
 */
export class Probe {
  readonly #send: () => Promise<ProbeResult>
  readonly #now: () => number
  #last: { readonly result: ProbeResult; readonly at: number } | undefined
  #running: Promise<ProbeResult> | undefined
  #quietUntil = -Infinity

  /** `now`: monotonic milliseconds. */
  constructor(send: () => Promise<ProbeResult>, now: () => number) {
    this.#send = send
    this.#now = now
  }

  /** Whether a probe may be made now. */
  get isDue(): boolean {
    const now = this.#now()
    const isValid = this.#last !== undefined && now - this.#last.at < PROBE.valid * 1000
    return this.#running === undefined && !isValid && now >= this.#quietUntil
  }

  /** Makes a probe, or takes what the last one has shown. */
  ask(): MaybePromise<ProbeResult> {
    if (this.#running !== undefined) return this.#running
    if (this.isDue) return this.#make()
    const isValid = this.#last !== undefined && this.#now() - this.#last.at < PROBE.valid * 1000
    return isValid ? this.#last!.result : undefined
  }

  /** The server has refused us, or wants fewer calls. */
  pause(): void {
    this.#quietUntil = this.#now() + PROBE.quiet * 1000
  }

  /** The server has answered a question. */
  resume(): void {
    this.#quietUntil = -Infinity
  }

  #make(): Promise<ProbeResult> {
    this.#running = this.#send()
      .then((result) => {
        this.#last = { result, at: this.#now() }
        return result
      })
      .finally(() => (this.#running = undefined))
    return this.#running
  }
}
