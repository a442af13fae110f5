import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { TokenCacheLimits } from '../../model/settings.ts'
import { AdmissionFilter } from './admission-filter.ts'
import type { CachedToken } from './cached-token.ts'
import { estimateSize } from './size-estimate.ts'

/** Bytes of an entry without its token: the hash and the entry itself. */
const ENTRY_BYTES = 512

/**
 * Caches verified JWTs by the hash of the token. The text of the token is neither a key nor a value. A token is stored
 * when it is added for the second time, so that tokens that are used once do not evict others. For a token that is new,
 * no hash is needed.
 *
 * Does NOT check whether an entry is still valid: see `isStillValid`.
 */
export class TokenCache {
  readonly #tokens: BoundedCache<CachedToken>
  readonly #filter: AdmissionFilter

  constructor({ maxEntries, maxBytes }: TokenCacheLimits) {
    this.#filter = new AdmissionFilter(maxEntries)
    const sizeOf = ({ token }: CachedToken) => estimateSize(token) + ENTRY_BYTES
    this.#tokens = new BoundedCache(maxEntries, maxBytes, sizeOf)
  }

  /** Returns `false` if a token cannot be in the cache, and need not be stored. */
  isKnown(token: string): boolean {
    return this.#filter.has(token)
  }

  /** Remembers that a token was verified, so that `isKnown` returns `true` for it. */
  remember(token: string): void {
    this.#filter.add(token)
  }

  find(hash: string): CachedToken | undefined {
    return this.#tokens.get(hash)
  }

  add(hash: string, verified: CachedToken): void {
    this.#tokens.set(hash, verified)
  }

  delete(hash: string): void {
    this.#tokens.delete(hash)
  }

  /** Number of entries, and their estimated size in bytes. */
  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#tokens.size, bytes: this.#tokens.bytes }
  }
}
