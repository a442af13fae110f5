import { LIMITS } from '../limits.ts'

/** Limits the number of requests of one issuer that wait for an unknown key. */
export class WaitingRoom {
  readonly #byKid = new Map<string | undefined, number>()
  #inPause = 0
  #duringFetch = 0

  /**
   * Counts a request that waits for a running fetch. Returns a function that must be called when the wait ends, or
   * `undefined` if the limit is reached.
   */
  enterDuringFetch(): (() => void) | undefined {
    if (this.#duringFetch >= LIMITS.waitingForKeys.duringFetch) return undefined
    this.#duringFetch++
    return () => void this.#duringFetch--
  }

  /** Counts a request that waits for the fetch after a pause, until that fetch ends. Returns the same as `enterDuringFetch`. */
  enterInPause(kid: string | undefined): (() => void) | undefined {
    const { perKid, inPause } = LIMITS.waitingForKeys
    const same = this.#byKid.get(kid) ?? 0
    if (same >= perKid || this.#inPause >= inPause) return undefined
    this.#byKid.set(kid, same + 1)
    this.#inPause++
    return () => this.#leave(kid)
  }

  #leave(kid: string | undefined): void {
    const others = this.#byKid.get(kid)! - 1
    if (others === 0) this.#byKid.delete(kid)
    else this.#byKid.set(kid, others)
    this.#inPause--
  }
}
