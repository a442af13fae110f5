import type { Clock } from '../lib/clock.ts'
import { type ProofUse, type ReplayStore, ReplayStoreError } from './replay-store.ts'

/** Limits of a store in memory: for all proofs, and for the proofs of one key. */
export interface MemoryReplayLimits {
  readonly maxEntries: number
  readonly maxPerKey: number
}

/** A proof that was used. */
interface UsedProof {
  readonly id: string
  readonly key: string
  /** End of the entry in milliseconds since the epoch. */
  readonly end: number
}

/** Maximum number of ended entries that one call of `firstUse` removes, unless the store is full. */
const SWEPT_AT_ONCE = 100

/**
 * Remembers proofs in the memory of this process. A full store rejects new proofs, and never forgets a proof before its `ttl` has
 * passed. Entries are grouped by the second in which they end. An entry ends when its `ttl` has passed on two clocks: the wall
 * clock and the monotonic clock. With the wall clock alone, an entry would end too early if this clock is set forward and then
 * back. With the monotonic clock alone, it would end too early if the wall clock is set back, because the proof then stays valid
 * for longer.
 */
export class MemoryReplayStore implements ReplayStore {
  readonly #limits: MemoryReplayLimits
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>
  readonly #ids = new Set<string>()
  /** The number of entries of each key. */
  readonly #perKey = new Map<string, number>()
  /** The entries by the second of the monotonic clock at which they end. */
  readonly #ending = new Map<number, UsedProof[]>()
  #sweptAt = -Infinity
  /** Entries that have ended. A call of `firstUse` removes only some of them, unless the store is full. So most calls are fast. */
  #ended: UsedProof[] = []

  constructor(limits: MemoryReplayLimits, clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#limits = limits
    this.#clock = clock
  }

  firstUse({ id, key, ttl }: ProofUse): boolean {
    const now = this.#clock.now()
    const end = now + ttl
    const monotonic = this.#clock.monotonic()
    const second = Math.ceil((monotonic + ttl) / 1000)
    if (!Number.isFinite(end + second)) throw new ReplayStoreError('failed', 'the clock has failed')
    this.#sweep(monotonic, now)
    this.#removeEnded(SWEPT_AT_ONCE)
    if (this.#ids.has(id)) return false
    const ofKey = this.#perKey.get(key) ?? 0
    if (ofKey >= this.#limits.maxPerKey) {
      throw new ReplayStoreError('key_full', 'one key has used the maximum number of proofs')
    }
    if (this.#ids.size >= this.#limits.maxEntries) this.#removeEnded(Infinity)
    if (this.#ids.size >= this.#limits.maxEntries) {
      throw new ReplayStoreError('full', 'it has reached its maximum number of entries')
    }
    this.#ids.add(id)
    this.#perKey.set(key, ofKey + 1)
    this.#addToGroup(second, { id, key, end })
    return true
  }

  configuration(): 'verified' {
    return 'verified'
  }

  /** Number of proofs that are remembered. */
  get size(): number {
    return this.#ids.size
  }

  #addToGroup(second: number, entry: UsedProof): void {
    const entries = this.#ending.get(second)
    if (entries === undefined) this.#ending.set(second, [entry])
    else entries.push(entry)
  }

  /** Moves the entries that have ended to `#ended`. `monotonic` and `wall` are the times of both clocks in milliseconds. */
  #sweep(monotonic: number, wall: number): void {
    // Groups end at whole seconds, so one sweep for each second is enough.
    const second = Math.floor(monotonic / 1000)
    if (second === this.#sweptAt) return
    this.#sweptAt = second
    // This loop can add a group, but that group ends later.
    for (const [end, entries] of this.#ending) {
      if (end > second) continue
      this.#ending.delete(end)
      for (const entry of entries) {
        if (entry.end <= wall) this.#ended.push(entry)
        else this.#addToGroup(second + 1, entry)
      }
    }
  }

  #removeEnded(count: number): void {
    for (let i = 0; i < count && this.#ended.length > 0; i++) this.#remove(this.#ended.pop()!)
  }

  #remove({ id, key }: UsedProof): void {
    this.#ids.delete(id)
    const rest = this.#perKey.get(key)! - 1
    if (rest === 0) this.#perKey.delete(key)
    else this.#perKey.set(key, rest)
  }
}
