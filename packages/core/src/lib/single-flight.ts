/** Work that somebody waits for. */
export interface SharedCall<T> {
  readonly result: Promise<T>
  /** True if it began, or begins, only after he has asked for it. */
  readonly isNew: boolean
}

/**
 * Shares work among those who want the same at the same time. Who finds work under way that began too long ago
 * for him waits for the next one, together with all others like him: under one key there is never more than
 * one under way and one to come.
 */
export class SingleFlight<T> {
  readonly #running = new Map<string, { readonly startedAt: number; readonly result: Promise<T> }>()
  readonly #next = new Map<string, Promise<T>>()
  readonly #now: () => number

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Work that began less than `maxAge` milliseconds ago, or begins from now on. */
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
