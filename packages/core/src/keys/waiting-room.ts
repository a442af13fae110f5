import { LIMITS } from '../limits.ts'

/** Counts the requests of one issuer that wait for a key that is not held, so that they cannot pile up. */
export class WaitingRoom {
  readonly #ofKid = new Map<string | undefined, number>()
  #inPause = 0
  #duringFetch = 0

  /** Takes a place for a request that waits for a fetch under way. Returns what gives it back; `undefined`: none is left. */
  enterRunning(): (() => void) | undefined {
    if (this.#duringFetch >= LIMITS.waitingForKeys.duringFetch) return undefined
    this.#duringFetch++
    return () => void this.#duringFetch--
  }

  /** The same for a request that waits for a fetch that may not begin yet. */
  enterPause(kid: string | undefined): (() => void) | undefined {
    const { perKid, inPause } = LIMITS.waitingForKeys
    const same = this.#ofKid.get(kid) ?? 0
    if (same >= perKid || this.#inPause >= inPause) return undefined
    this.#ofKid.set(kid, same + 1)
    this.#inPause++
    return () => this.#leave(kid)
  }

  #leave(kid: string | undefined): void {
    const others = this.#ofKid.get(kid)! - 1
    if (others === 0) this.#ofKid.delete(kid)
    else this.#ofKid.set(kid, others)
    this.#inPause--
  }
}
