import { Places } from '../lib/places.ts'
import { LIMITS } from '../limits.ts'

/** Error of `CallSlots`: too many calls wait. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
}

/** A call that waits for a slot. `since` is the time in monotonic milliseconds when it began to wait. */
interface Waiting {
  readonly since: number
  readonly start: () => void
}

/** The label of the slots of issuers that are not proved: see `IssuerCache`. */
const NEW = 'new'

/**
 * Limits the calls of `resolve` that run at the same time. A quarter of the slots is reserved for proved issuers: see
 * `IssuerCache`. So tokens with invented issuers do not delay the calls for proved issuers.
 */
export class CallSlots {
  readonly #max: number
  readonly #maxNew: number
  readonly #running: Places
  readonly #waiting = { proved: new Set<Waiting>(), others: new Set<Waiting>() }
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
   * Waits for a slot. Returns a function that releases the slot. When `signal` is aborted, the call no longer waits, and the
   * promise stays pending.
   *
   * @throws {BusyError} if too many calls wait
   */
  async acquire(isProved: boolean, signal: AbortSignal): Promise<() => void> {
    if (this.#isFree(isProved)) return this.#take(isProved)
    const waiting = isProved ? this.#waiting.proved : this.#waiting.others
    this.#forgetLost(waiting)
    if (waiting.size >= LIMITS.dynamicIssuers.waiting) throw new BusyError('too many calls wait')
    return new Promise((resolve) => {
      const call = { since: this.#now(), start: () => resolve(this.#take(isProved)) }
      waiting.add(call)
      signal.addEventListener('abort', () => waiting.delete(call), { once: true })
    })
  }

  /** Forgets calls that the runtime has cancelled while they waited. Such a call must not get a slot. */
  #forgetLost(waiting: Set<Waiting>): void {
    const oldest = this.#now() - this.#lostAfter
    for (const call of waiting) {
      if (call.since > oldest) return
      waiting.delete(call)
    }
  }

  #isFree(isProved: boolean): boolean {
    const isFree = this.#running.count() < this.#max
    return isFree && (isProved || this.#running.countOf(NEW) < this.#maxNew)
  }

  #take(isProved: boolean): () => void {
    const free = this.#running.take(isProved ? undefined : NEW)
    return () => {
      free()
      this.#startNext()
    }
  }

  /** Starts the call that has waited longest. A call for a proved issuer starts before all other calls. */
  #startNext(): void {
    const { proved, others } = this.#waiting
    for (const [waiting, isProved] of [
      [proved, true],
      [others, false],
    ] as const) {
      this.#forgetLost(waiting)
      const [call] = waiting
      if (call === undefined || !this.#isFree(isProved)) continue
      waiting.delete(call)
      call.start()
      return
    }
  }
}
