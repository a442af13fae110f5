import { Places } from '../lib/places.ts'
import { LIMITS } from '../limits.ts'

/** Error of `CallSlots`: too many calls wait. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
}

/** A call that waits for a slot, and the time since when it waits. */
interface Waiting {
  readonly since: number
  readonly start: () => void
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
  readonly #waiting = { cached: new Set<Waiting>(), others: new Set<Waiting>() }
  readonly #now: () => number
  readonly #lostAfter: number

  /** `now` returns monotonic milliseconds. For `lostAfter`, see `getLostAfter`. */
  constructor(max: number, now: () => number, lostAfter: number) {
    this.#max = max
    this.#now = now
    this.#lostAfter = lostAfter
    this.#running = new Places(now, lostAfter)
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
    this.#forgetLost(waiting)
    if (waiting.size >= LIMITS.dynamicIssuers.waiting) throw new BusyError('too many calls wait')
    return new Promise((resolve) => {
      const call = { since: this.#now(), start: () => resolve(this.#take(isCached)) }
      waiting.add(call)
      signal.addEventListener('abort', () => waiting.delete(call), { once: true })
    })
  }

  /** Forgets calls that the runtime has cancelled while they waited. A slot must not be given to them. */
  #forgetLost(waiting: Set<Waiting>): void {
    const oldest = this.#now() - this.#lostAfter
    for (const call of waiting) {
      if (call.since > oldest) return
      waiting.delete(call)
    }
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
      this.#forgetLost(waiting)
      const [call] = waiting
      if (call === undefined || !this.#isFree(isCached)) continue
      waiting.delete(call)
      call.start()
      return
    }
  }
}
