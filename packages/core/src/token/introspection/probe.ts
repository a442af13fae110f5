import type { MaybePromise } from '../../lib/maybe-promise.ts'

/** The numbers of probes, in seconds. */
export const PROBE = {
  /** What a probe has shown counts for so long. So there are at most twelve in a minute. */
  valid: 5,
  /** After a server has refused our credentials, or asked for fewer calls, it gets no probe for so long. */
  quiet: 60,
} as const

/**
 * A question about a token of our own, which the issuer does not know. It shows whether a server answers at all, where a
 * call for somebody else's token has come to nothing: that can be due to the token.
 */
export class Probe {
  readonly #send: () => Promise<boolean | undefined>
  readonly #now: () => number
  #last: { readonly hasAnswered: boolean | undefined; readonly at: number } | undefined
  #running: Promise<boolean | undefined> | undefined
  #quietUntil = -Infinity

  /** `send` says whether the server has answered; `undefined`: it could not be asked. `now`: monotonic milliseconds. */
  constructor(send: () => Promise<boolean | undefined>, now: () => number) {
    this.#send = send
    this.#now = now
  }

  /** Whether the server answers at present. `undefined`: it is not known. */
  ask(): MaybePromise<boolean | undefined> {
    if (this.#running !== undefined) return this.#running
    const now = this.#now()
    const isValid = this.#last !== undefined && now - this.#last.at < PROBE.valid * 1000
    if (isValid) return this.#last!.hasAnswered
    if (now < this.#quietUntil) return undefined
    this.#running = this.#send().then((hasAnswered) => {
      this.#last = { hasAnswered, at: this.#now() }
      this.#running = undefined
      return hasAnswered
    })
    return this.#running
  }

  /** The server has refused us, or wants fewer calls. */
  pause(): void {
    this.#quietUntil = this.#now() + PROBE.quiet * 1000
  }

  /** The server has answered a question. */
  resume(): void {
    this.#quietUntil = -Infinity
  }
}
