import type { Clock } from '../lib/clock.ts'
import { type ProofUse, type ReplayStore, ReplayStoreError } from './replay-store.ts'

/** Limits of a store in memory. */
export interface MemoryReplayLimits {
  readonly maxEntries: number
  readonly maxPerKey: number
}

/** A proof that was used. */
interface UsedProof {
  readonly id: string
  readonly key: string
}

/**
 * Remembers proofs in the memory of this process. Refuses new proofs instead of forgetting one before its time. Entries are
 * removed in groups, one group for each second in which they end.
 */
export class MemoryReplayStore implements ReplayStore {
  readonly #limits: MemoryReplayLimits
  readonly #clock: Pick<Clock, 'now'>
  readonly #ids = new Set<string>()
  /** The number of entries of each key. */
  readonly #perKey = new Map<string, number>()
  /** The entries by the second (since the epoch) at which they end. */
  readonly #ending = new Map<number, UsedProof[]>()
  #sweptAt = -Infinity

  constructor(limits: MemoryReplayLimits, clock: Pick<Clock, 'now'>) {
    this.#limits = limits
    this.#clock = clock
  }

  firstUse({ id, key, ttl }: ProofUse): boolean {
    const now = this.#clock.now()
    const end = Math.ceil((now + ttl) / 1000)
    if (!Number.isFinite(end)) throw new ReplayStoreError('failed', 'the clock has failed')
    this.#sweep(now / 1000)
    if (this.#ids.has(id)) return false
    const ofKey = this.#perKey.get(key) ?? 0
    if (ofKey >= this.#limits.maxPerKey) {
      throw new ReplayStoreError('full', 'one key has used the maximum number of proofs')
    }
    if (this.#ids.size >= this.#limits.maxEntries) {
      throw new ReplayStoreError('full', 'it has reached its maximum number of entries')
    }
    this.#ids.add(id)
    this.#perKey.set(key, ofKey + 1)
    const entries = this.#ending.get(end)
    if (entries === undefined) this.#ending.set(end, [{ id, key }])
    else entries.push({ id, key })
    return true
  }

  configuration(): 'verified' {
    return 'verified'
  }

  /** Number of proofs that are remembered. */
  get size(): number {
    return this.#ids.size
  }

  /** Removes the entries that have ended. `now` is in seconds since the epoch. */
  #sweep(now: number): void {
    // Entries end at whole seconds. If the clock was set back, nothing has ended.
    if (Math.floor(now) === this.#sweptAt) return
    this.#sweptAt = Math.floor(now)
    for (const [end, entries] of this.#ending) {
      if (end > now) continue
      this.#ending.delete(end)
      for (const entry of entries) this.#remove(entry)
    }
  }

  #remove({ id, key }: UsedProof): void {
    this.#ids.delete(id)
    const rest = this.#perKey.get(key)! - 1
    if (rest === 0) this.#perKey.delete(key)
    else this.#perKey.set(key, rest)
  }
}
