import { BoundedCache } from '../../lib/bounded-cache.ts'
import { LIMITS } from '../../limits.ts'
import type { TokenCacheLimits } from '../../model/settings.ts'
import { AdmissionFilter } from './admission-filter.ts'
import type { TrustedIssuer } from '../trusted-issuers.ts'
import type { CachedToken } from './cached-token.ts'
import { estimateSize } from './size-estimate.ts'
import type { TokensOfIssuer } from './tokens-of-issuer.ts'

/** Bytes of an entry without its token: the hash and the entry itself. */
const ENTRY_BYTES = 512

function sizeOf({ token }: CachedToken): number {
  return estimateSize(token) + ENTRY_BYTES
}

/**
 * Caches verified JWTs by the hash of the token. The cache does not contain the text of a token. A token is stored when it is
 * verified for the second time, so that tokens that are used once do not evict others. At the first verification of a token, the
 * cache does not need its hash. The tokens of one dynamic issuer can take only a part of the cache
 * (`LIMITS.dynamicIssuers.tokenPart`).
 *
 * Does NOT check whether an entry is still valid: see `isStillValid`.
 */
export class TokenCache {
  readonly #tokens: BoundedCache<CachedToken>
  readonly #filter: AdmissionFilter
  /** Limits for one dynamic issuer. */
  readonly #part: TokenCacheLimits

  constructor({ maxEntries, maxBytes }: TokenCacheLimits) {
    const { tokenPart } = LIMITS.dynamicIssuers
    this.#filter = new AdmissionFilter(maxEntries)
    this.#part = {
      maxEntries: Math.max(1, Math.floor(maxEntries * tokenPart)),
      maxBytes: maxBytes * tokenPart,
    }
    this.#tokens = new BoundedCache<CachedToken>(maxEntries, maxBytes, sizeOf, (hash, { issuer }) =>
      issuer.dynamic?.cachedTokens.delete(hash),
    )
  }

  /**
   * Returns whether a token was verified recently. If not, call only `remember`, after the verification of the token. Do not call
   * `find` or `add`.
   */
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
    const { dynamic } = verified.issuer
    if (dynamic === undefined) {
      this.#tokens.set(hash, verified)
      return
    }
    const { cachedTokens } = dynamic
    const bytes = sizeOf(verified)
    if (cachedTokens.isRetired || bytes > this.#part.maxBytes) return
    this.#tokens.delete(hash)
    this.#evictOwn(cachedTokens, bytes)
    this.#tokens.set(hash, verified)
    cachedTokens.add(hash, bytes)
  }

  /** Evicts the oldest tokens of an issuer until a new token fits into the issuer's part of the cache. */
  #evictOwn(cachedTokens: TokensOfIssuer, added: number): void {
    for (;;) {
      const { entries, bytes } = cachedTokens.size
      const { oldest } = cachedTokens
      if (oldest === undefined) return
      if (entries < this.#part.maxEntries && bytes + added <= this.#part.maxBytes) return
      cachedTokens.delete(oldest)
      this.#tokens.delete(oldest)
    }
  }

  /** Removes all tokens of a dynamic issuer that is no longer used. After that, no token of it is stored again. */
  forget({ dynamic }: TrustedIssuer): void {
    for (const hash of dynamic?.cachedTokens.retire() ?? []) this.#tokens.delete(hash)
  }

  delete(hash: string): void {
    this.#tokens.delete(hash)
  }

  /** Number of entries, and their estimated size in bytes. */
  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#tokens.size, bytes: this.#tokens.bytes }
  }
}
