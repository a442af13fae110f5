/**
 * How many requests may wait for a refresh that may not begin yet, for one `kid` and in all, and how many for one that is
 * under way.
 */
export const WAITING = { perKid: 4, inAll: 256, duringRefresh: 4096 } as const

/** Counts the requests of one issuer that wait, so that strangers cannot pile them up. */
export class WaitingRoom {
  readonly #waiting = new Map<string | undefined, number>()
  #inAll = 0
  #joined = 0

  /** The same for a request that waits for a refresh which is under way. */
  join(): (() => void) | undefined {
    if (this.#joined >= WAITING.duringRefresh) return undefined
    this.#joined++
    return () => void this.#joined--
  }

  /** Takes a place. Returns what gives it back, or `undefined` if there is none left. */
  enter(kid: string | undefined): (() => void) | undefined {
    const same = this.#waiting.get(kid) ?? 0
    if (same >= WAITING.perKid || this.#inAll >= WAITING.inAll) return undefined
    this.#waiting.set(kid, same + 1)
    this.#inAll++
    return () => this.#leave(kid)
  }

  #leave(kid: string | undefined): void {
    const others = this.#waiting.get(kid)! - 1
    if (others === 0) this.#waiting.delete(kid)
    else this.#waiting.set(kid, others)
    this.#inAll--
  }
}
