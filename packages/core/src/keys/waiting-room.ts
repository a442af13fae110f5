import { Places } from '../lib/places.ts'
import { LIMITS } from '../limits.ts'

/** Limits the number of requests of one issuer that wait for an unknown key. */
export class WaitingRoom {
  readonly #inPause: Places
  readonly #duringFetch: Places

  /** `now` returns monotonic milliseconds. A waiting request is lost after `lostAfter` milliseconds: see `getLostAfter`. */
  constructor(now: () => number, lostAfter: number) {
    this.#inPause = new Places(now, lostAfter)
    this.#duringFetch = new Places(now, lostAfter)
  }

  /**
   * Counts a request that waits for a running fetch. Returns a function that must be called when the wait ends, or
   * `undefined` if the limit is reached.
   */
  enterDuringFetch(): (() => void) | undefined {
    const isFull = this.#duringFetch.count() >= LIMITS.waitingForKeys.duringFetch
    return isFull ? undefined : this.#duringFetch.take()
  }

  /**
   * Counts a request in a pause between fetches. The request waits until the next fetch has ended. Returns the same as
   * `enterDuringFetch`.
   */
  enterInPause(kid: string | undefined): (() => void) | undefined {
    const { perKid, inPause } = LIMITS.waitingForKeys
    const isFull = this.#inPause.count() >= inPause || this.#inPause.countOf(kid) >= perKid
    return isFull ? undefined : this.#inPause.take(kid)
  }
}
