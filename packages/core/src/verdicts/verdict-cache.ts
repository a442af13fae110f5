import LRUCache from 'lru-cache'
import type { VerdictCacheBounds } from './bounds.ts'
import { Doorkeeper } from './doorkeeper.ts'
import { footprintOf } from './footprint.ts'
import type { Verdict } from './verdict.ts'

/** The entry itself, its hash, and its place in the order of use. */
const ENTRY_BYTES = 512

/**
 * Remembers verdicts under the hashes of the tokens they are about: no token is in here, neither as a key
 * nor as a value. Only what was found good is remembered, and only from the second time on: a token that
 * never comes again would only drive out others.
 *
 * It does NOT know whether a verdict still holds. Whoever finds one has to check its times and its key.
 */
export class VerdictCache {
  readonly #verdicts: LRUCache<string, Verdict>
  readonly #doorkeeper: Doorkeeper

  constructor({ entries, bytes }: VerdictCacheBounds) {
    this.#doorkeeper = new Doorkeeper(entries)
    this.#verdicts = new LRUCache({
      max: entries,
      maxSize: bytes,
      sizeCalculation: ({ token }) => footprintOf(token) + ENTRY_BYTES,
    })
  }

  find(hash: string): Verdict | undefined {
    return this.#verdicts.get(hash)
  }

  /** Takes a verdict in if its token has been seen before. */
  remember(hash: string, verdict: Verdict): void {
    if (this.#doorkeeper.hasSeen(hash)) this.#verdicts.set(hash, verdict)
  }

  forget(hash: string): void {
    this.#verdicts.delete(hash)
  }

  get size(): VerdictCacheBounds {
    return { entries: this.#verdicts.size, bytes: this.#verdicts.calculatedSize }
  }
}
