import { Places } from '../lib/places.ts'
import { LIMITS } from '../limits.ts'

/** Error of `CallSlots`: too many calls wait. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
}

/** The label of the slots of issuers that are not cached. */
const NEW = 'new'

/**
 * Limits the calls of `resolve` that run at the same time. A quarter of the slots is reserved for cached issuers, so that tokens
 * with invented issuers do not delay them.
 */
export class CallSlots {
  readonly #max: number
  readonly #maxNew: number
  readonly #running: Places
  readonly #waiting = { cached: new Set<() => void>(), others: new Set<() => void>() }

  /** `now` returns monotonic milliseconds. */
  constructor(max: number, now: () => number) {
    this.#max = max
    this.#running = new Places(now)
    this.#maxNew = max - Math.ceil(max / 4)
  }

  /**
   * Waits for a slot. Returns a function that releases it. When `signal` is aborted, the call no longer waits, and the promise
   * stays pending.
   *
   * @throws {BusyError} if too many calls wait
   */
  async acquire(isCached: boolean, signal: AbortSignal): Promise<() => void> {
    if (this.#isFree(isCached)) return this.#take(isCached)
    const waiting = isCached ? this.#waiting.cached : this.#waiting.others
    if (waiting.size >= LIMITS.dynamicIssuers.waiting) throw new BusyError('too many calls wait')
    return new Promise((resolve) => {
      const start = () => resolve(this.#take(isCached))
      waiting.add(start)
      signal.addEventListener('abort', () => waiting.delete(start), { once: true })
    })
  }

  #isFree(isCached: boolean): boolean {
    const isFree = this.#running.count() < this.#max
    return isFree && (isCached || this.#running.countOf(NEW) < this.#maxNew)
  }

  #take(isCached: boolean): () => void {
    const free = this.#running.take(isCached ? undefined : NEW)
    return () => {
      free()
      this.#startNext()
    }
  }

  /** Starts the call that waits longest: a call for a cached issuer if there is one. */
  #startNext(): void {
    const { cached, others } = this.#waiting
    for (const [waiting, isCached] of [
      [cached, true],
      [others, false],
    ] as const) {
      const [start] = waiting
      if (start === undefined || !this.#isFree(isCached)) continue
      waiting.delete(start)
      start()
      return
    }
  }
}
