import { createLruCache, type LRUCache } from '../../lib/lru-cache.ts'
import type { TokenCacheLimits } from '../../model/settings.ts'
import { AdmissionFilter } from './admission-filter.ts'
import type { CachedToken } from './cached-token.ts'
import { estimateSize } from './size-estimate.ts'

/** Bytes of the entry itself: its hash, and its place in the order of use. */
const ENTRY_BYTES = 512

/**
 * Remembers verified JWTs by the hash of the token. The token itself is stored neither as key nor as value. A
 * token is stored when it comes for the second time: one that never comes again would only evict others.
 *
 * Does NOT check whether an entry is still valid: see `isStillValid`.
 */
export class TokenCache {
  readonly #tokens: LRUCache<string, CachedToken>
  readonly #filter: AdmissionFilter

  constructor({ maxEntries, maxBytes }: TokenCacheLimits) {
    this.#filter = new AdmissionFilter(maxEntries)
    this.#tokens = createLruCache({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: ({ token }) => estimateSize(token) + ENTRY_BYTES,
    })
  }

  find(hash: string): CachedToken | undefined {
    return this.#tokens.get(hash)
  }

  /** Stores a verified token, unless it comes for the first time. */
  add(hash: string, verified: CachedToken): void {
    if (this.#filter.hasSeen(hash)) this.#tokens.set(hash, verified)
  }

  delete(hash: string): void {
    this.#tokens.delete(hash)
  }

  /** The entries, and the bytes that they are estimated at. */
  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#tokens.size, bytes: this.#tokens.calculatedSize }
  }
}
