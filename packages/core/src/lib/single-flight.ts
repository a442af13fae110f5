import type { Clock } from './clock.ts'
import { joinOrRestart, joinWork } from './shared-work.ts'

/** A call whose result several callers share. */
export interface SharedCall<T> {
  readonly result: Promise<T>
  /** `true` if the call starts after `join` was called. */
  readonly isNew: boolean
}

/**
 * Shares concurrent calls with the same key. A caller joins the running call if that call started less than `maxAge` ago.
 * Otherwise the caller shares the next call, which starts as soon as no other call with this key is running. For each key, at
 * most one call runs and at most one call waits. Calls that the runtime has cancelled are ignored.
 */
export class SingleFlight<T> {
  readonly #running = new Map<string, { readonly startedAt: number; readonly result: Promise<T> }>()
  readonly #next = new Map<string, { readonly startedAt: number; readonly result: Promise<T> }>()
  readonly #clock: Clock
  readonly #lostAfter: number

  /** `lostAfter` is a number of milliseconds. A call that takes longer is treated as cancelled by the runtime: see `getLostAfter`. */
  constructor(clock: Clock, lostAfter: number) {
    this.#clock = clock
    this.#lostAfter = lostAfter
  }

  /**
   * Returns a call that started less than `maxAge` milliseconds ago, or a call that starts now or later. The promise of `work`
   * must never reject.
   */
  join(key: string, maxAge: number, work: () => Promise<T>): SharedCall<T> {
    this.#forgetLost()
    const running = this.#running.get(key)
    const follow = (shared: Promise<T>) =>
      this.#follow(key, shared, () => this.join(key, maxAge, work).result)
    if (running !== undefined && this.#clock.monotonic() - running.startedAt < maxAge)
      return { result: follow(running.result), isNew: false }
    const next = this.#next.get(key)
    if (next !== undefined) return { result: follow(next.result), isNew: true }
    const result =
      running === undefined ? this.#start(key, work) : this.#startAfter(running.result, key, work)
    return { result, isNew: true }
  }

  /** Waits for a call of another request. If it is lost, calls `restart`. */
  #follow(key: string, shared: Promise<T>, restart: () => Promise<T>): Promise<T> {
    return joinOrRestart(shared, this.#clock, this.#lostAfter, () => {
      if (this.#running.get(key)?.result === shared) this.#running.delete(key)
      if (this.#next.get(key)?.result === shared) this.#next.delete(key)
      return restart()
    })
  }

  /** Forgets calls that the runtime has cancelled. They would stay in memory if their keys were never used again. */
  #forgetLost(): void {
    const oldest = this.#clock.monotonic() - this.#lostAfter
    for (const calls of [this.#running, this.#next]) {
      for (const [key, { startedAt }] of calls) {
        if (startedAt > oldest) break
        calls.delete(key)
      }
    }
  }

  #start(key: string, work: () => Promise<T>): Promise<T> {
    const startedAt = this.#clock.monotonic()
    const call = {
      startedAt,
      result: work().finally(() => {
        if (this.#running.get(key) === call) this.#running.delete(key)
      }),
    }
    this.#running.set(key, call)
    return call.result
  }

  #startAfter(running: Promise<T>, key: string, work: () => Promise<T>): Promise<T> {
    const begin = () => {
      this.#next.delete(key)
      return this.#start(key, work)
    }
    const result = joinWork(running, this.#clock, this.#lostAfter).then(begin, begin)
    this.#next.set(key, { startedAt: this.#clock.monotonic(), result })
    return result
  }
}
