/** A call whose result several callers share. */
export interface SharedCall<T> {
  readonly result: Promise<T>
  /** `true` if the call starts after `join` was called. */
  readonly isNew: boolean
}

/**
 * Shares concurrent calls with the same key. A caller joins the running call if it started less than `maxAge` ago.
 * Otherwise one more call is queued. At most one call runs and one waits per key.
 */
export class SingleFlight<T> {
  readonly #running = new Map<string, { readonly startedAt: number; readonly result: Promise<T> }>()
  readonly #next = new Map<string, Promise<T>>()
  readonly #now: () => number

  /** Takes a function that returns monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Returns a call that started less than `maxAge` milliseconds ago, or one that starts now or later. */
  join(key: string, maxAge: number, work: () => Promise<T>): SharedCall<T> {
    const running = this.#running.get(key)
    if (running !== undefined && this.#now() - running.startedAt < maxAge)
      return { result: running.result, isNew: false }
    const result =
      this.#next.get(key) ??
      (running === undefined ? this.#start(key, work) : this.#startAfter(running.result, key, work))
    return { result, isNew: true }
  }

  #start(key: string, work: () => Promise<T>): Promise<T> {
    const startedAt = this.#now()
    const result = work().finally(() => this.#running.delete(key))
    this.#running.set(key, { startedAt, result })
    return result
  }

  #startAfter(running: Promise<T>, key: string, work: () => Promise<T>): Promise<T> {
    const begin = () => {
      this.#next.delete(key)
      return this.#start(key, work)
    }
    const result = running.then(begin, begin)
    this.#next.set(key, result)
    return result
  }
}
