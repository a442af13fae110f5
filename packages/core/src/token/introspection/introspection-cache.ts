import { type Moment, secondsBetween } from '../../lib/clock.ts'
import { BoundedCache } from '../../lib/bounded-cache.ts'
import { estimateSize } from '../cache/size-estimate.ts'
import type { ActiveResponse, IntrospectionResponse } from './introspection-response.ts'

/** Maximum ages of cached responses, in seconds. */
export interface ResponseAges {
  /** Maximum age of active responses. */
  readonly maxAge: number
  /** Maximum age of inactive responses. */
  readonly negativeMaxAge: number
}

/** Limits of the cached responses of one issuer. */
export interface CachedResponseLimits {
  /** Number of active responses. */
  readonly active: number
  /** Bytes of all active responses. */
  readonly activeBytes: number
  /** Number of inactive responses. */
  readonly inactive: number
}

/** Bytes of an entry in addition to its claims. They are for the hash, the entry itself, and the claim settings. */
const ENTRY_BYTES = 1024

/**
 * Caches introspection responses by the hash of the token. The cache does not contain the text of a token. It is
 * bounded in entries and bytes. Inactive responses have a separate cache, so that a flood of random tokens does not evict
 * active responses.
 */
export class IntrospectionCache {
  readonly #active: BoundedCache<ActiveResponse>
  // A limit for the number of entries is enough, because an inactive response has no claims.
  readonly #inactive: BoundedCache<IntrospectionResponse>

  constructor({ active, activeBytes, inactive }: CachedResponseLimits) {
    this.#active = new BoundedCache<ActiveResponse>(
      active,
      activeBytes,
      // The length of the text is not a good estimate: the claims can need many times more memory than their text.
      ({ claims }) => estimateSize(claims) + ENTRY_BYTES,
    )
    this.#inactive = new BoundedCache<IntrospectionResponse>(inactive, Infinity, () => ENTRY_BYTES)
  }

  /** Returns the cached response, unless it is too old or its token has expired. */
  find(
    hash: string,
    { maxAge, negativeMaxAge }: ResponseAges,
    now: Moment,
  ): IntrospectionResponse | undefined {
    const inactive = this.#inactive.get(hash)
    if (inactive !== undefined && secondsBetween(inactive.askedAt, now) < negativeMaxAge)
      return inactive
    const known = this.#active.get(hash)
    if (known === undefined || !(secondsBetween(known.askedAt, now) < maxAge)) return undefined
    const { exp } = known.claims
    return typeof exp === 'number' && now.wall / 1000 >= exp ? undefined : known
  }

  /** Returns whether the cache has an active response about a token, regardless of the age of the response. */
  wasActive(hash: string): boolean {
    return this.#active.peek(hash) !== undefined
  }

  /** Stores a response, unless the cached one was requested later. */
  remember(hash: string, response: IntrospectionResponse): void {
    const known = this.#active.peek(hash) ?? this.#inactive.peek(hash)
    if (known !== undefined && known.askedAt.monotonic > response.askedAt.monotonic) return
    this.forget(hash)
    if (response.active) this.#active.set(hash, response)
    else this.#inactive.set(hash, response)
  }

  forget(hash: string): void {
    this.#active.delete(hash)
    this.#inactive.delete(hash)
  }

  /** Removes all active responses. */
  clear(): void {
    this.#active.clear()
  }
}
